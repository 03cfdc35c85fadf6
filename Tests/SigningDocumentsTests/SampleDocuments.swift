import Foundation

@testable import SigningDocuments

/// Made-up letters to draw.
enum SampleDocuments {
    static let issuedAt = Date(timeIntervalSince1970: 1_795_140_900)  // 20/11/2026 09:15 in Viet Nam

    static func letter(boxes: Int = 5, member: String = "Nguyễn Văn Mẫu 01") -> TransferLetter {
        TransferLetter(
            kind: .official,
            issuer: .init(superior: "ĐẢNG BỘ TỈNH MẪU", name: "ĐẢNG ỦY XÃ MẪU SỐ MỘT"), number: "12-GGT/ĐU",
            place: "Xã Mẫu Số Một", issuedAt: issuedAt, addressee: "Đảng ủy phường Mẫu Số Hai",
            memberName: member, dateOfBirth: "01/01/1990", hometown: "Xã Mẫu Số Một, tỉnh Mẫu",
            admittedOn: "03/02/2015", recognizedOn: "03/02/2016", cardNumber: "000000000001",
            duesPaidThrough: "11/2026",
            enclosedFile: ["Bản tự kiểm điểm", "Quyết định chuyển công tác số 01/QĐ-MẪU"],
            boxes: (1...boxes).map { box($0) },
            signature: .init(authority: "T/M BAN THƯỜNG VỤ", role: "BÍ THƯ", name: "Trần Thị Mẫu 02"),
            recipients: ["Đảng ủy phường Mẫu Số Hai", "Đồng chí có tên trên", "Lưu hồ sơ điện tử"],
            verification: .init(identifier: "7K4M-Q2XW-9D3F", address: "https://hoso.example/tra-cuu/7K4M-Q2XW-9D3F"))
    }

    static func box(_ number: Int, content: String? = nil) -> DocumentContent.Box {
        DocumentContent.Box(
            number: number, from: "Chi bộ Mẫu \(number), Đảng bộ xã Mẫu Số Một",
            to: number == 1 ? "Đảng ủy xã Mẫu Số Một" : "Đảng ủy cấp trên trực tiếp số \(number)",
            content: content
                ?? "Giới thiệu đồng chí Nguyễn Văn Mẫu 01 đến sinh hoạt đảng. Đã nhận xét bản tự kiểm điểm: "
                + "hoàn thành tốt nhiệm vụ, giữ mối liên hệ với nơi cư trú, đóng đảng phí đầy đủ đến hết tháng 11/2026.",
            placeAndDate: "Xã Mẫu, \(officialDate(issuedAt))", role: number == 1 ? "BÍ THƯ CHI BỘ" : "PHÓ BÍ THƯ",
            signer: "Lê Văn Mẫu 0\(number)", note: "Ký số ngày 20/11/2026 09:15")
    }
}
