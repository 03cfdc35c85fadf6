import Testing
import Trust

/// The check values that the payment gateways' documents give for their own signatures.
@Suite("Gateway vectors")
struct GatewayVectorTests {
    @Test("the national portal's confirmation")
    func portal() {
        let text =
            "CONFIRM|00|PARTNER|dvcREF0001|15930|VND|GD123|NH01|20260512093015|THANH TOAN HO SO H56-260512-0001|SECRET"
        #expect(Digest.sha256(text).hex == "e336d237866614fd8a39cd874ecd675b5bc3967a67399fede342a4064f74217d")
    }

    @Test("VNPAY's callback")
    func vnpay() {
        let query =
            "vnp_Amount=1593000&vnp_BankCode=NCB&vnp_BankTranNo=VNP0001&vnp_CardType=ATM"
            + "&vnp_OrderInfo=Dang+phi+05%2F2026&vnp_PayDate=20260512093015&vnp_ResponseCode=00"
            + "&vnp_TmnCode=DEMO0001&vnp_TransactionNo=14422574&vnp_TransactionStatus=00&vnp_TxnRef=DP-2605-0001"
        #expect(
            MAC.hmacSHA512(key: "SECRETKEY", query).hex
                == "2ad967ab02ee5a8f696c826b112370bfb10cdd5d0f7c143d486ee0a4126bdb1e"
                + "50884ea909845239aff9b671d24c40b5dde0fd5023db7d33d18fcf9224829fc1")
    }

    @Test("MoMo's callback")
    func momo() {
        let text =
            "accessKey=AK&amount=15930&extraData=&message=Successful.&orderId=DP-2605-0001&orderInfo=Dang phi"
            + "&orderType=momo_wallet&partnerCode=MOMO&payType=qr&requestId=R1&responseTime=1778553015000"
            + "&resultCode=0&transId=4088878653"
        #expect(
            MAC.hmacSHA256(key: "SK", text).hex == "5b7a143968720932085819d564f2b570a234b7aa2071e1b1662efcaa75fbe3cf")
    }
}
