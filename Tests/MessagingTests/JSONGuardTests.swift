import Testing

@testable import Messaging

@Suite("JSON guard")
struct JSONGuardTests {
    @Test(
        "lets good JSON pass",
        arguments: [
            "{}", #"{"a":1,"b":{"a":2}}"#, #"[{"a":1},{"a":1}]"#, #"{"a":"\"b\":"}"#, #"{"a":"b","b":"a: {"}"#,
            #"{"đồng":"ữ"}"#,
        ])
    func good(json: String) throws { try JSONGuard.check(Array(json.utf8)) }

    @Test(
        "refuses what decoders accept or break on",
        arguments: [
            (Array(#"{"a":1,"a":2}"#.utf8), "data.duplicate-member"),
            (Array(#"{"x":{"a":1,"a":2}}"#.utf8), "data.duplicate-member"),
            (Array(#"{"a" : 1, "a" : 2}"#.utf8), "data.duplicate-member"),
            (Array(#"{"a":"\u0000"}"#.utf8), "data.nul"),
            ([UInt8]([0x7B, 0x00, 0x7D]), "data.nul"),
            ([UInt8]([0x7B, 0x22, 0xFF, 0x22, 0x7D]), "data.not-utf8"),
            (Array(String(repeating: "[", count: 5_000).utf8), "data.too-deep"),
            (Array(#"{"a"#.utf8), "data.malformed"),
            ([UInt8](repeating: 0x20, count: 1_000_001), "data.too-large"),
        ] as [([UInt8], String)])
    func bad(bytes: [UInt8], code: String) {
        #expect { try JSONGuard.check(bytes) } throws: { ($0 as? MessageFault)?.code == code }
    }
}
