import TestStack
import Testing

@testable import Dues

@Suite("JSON of gateways")
struct FlatJSONTests {
    private func fault(_ text: String) -> FlatJSON.Fault? { fault(Array(text.utf8)) }

    private func fault(_ bytes: [UInt8]) -> FlatJSON.Fault? {
        do {
            _ = try FlatJSON(bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test("values are kept as they are written")
    func values() throws {
        let text =
            #" {"a":"x\u00e1\ud83d\ude00\"\\\/\b\f\n\r\t", "b" : -1.50e+3 ,"c":null,"#
            + #""d":[1,{"a":{}}],"e":true,"f":0} "#
        let read = try FlatJSON(Array(text.utf8))
        #expect(read.scalar("a") == "xá😀\"\\/\u{8}\u{C}\n\r\t")
        #expect(read.scalar("b") == "-1.50e+3")
        #expect(read["b"] == .number("-1.50e+3"))
        #expect(read["c"] == .null)
        #expect(read["d"] == .other && read["e"] == .other)
        #expect(read.scalar("f") == "0")
        #expect(read.scalar("none") == nil)
        #expect(read.signed(["f", "c", "none", "b"]) == ["0", "", "", "-1.50e+3"])
        #expect(read.signed(["f", "e"]) == nil)
        #expect(try FlatJSON(Array("{}".utf8))["a"] == nil)
    }

    @Test("whatever two readers could take differently is refused by its name")
    func faults() {
        FaultRecord.note("G3", "callbacks whose JSON two readers could take differently")
        for text in [
            "", " ", "1", "[]", "{", "}", "{}}", "{} {}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{a:1}"#,
            #"{"a":01}"#, #"{"a":+1}"#, #"{"a":.5}"#, #"{"a":1.}"#, #"{"a":1e}"#, #"{"a":NaN}"#, #"{"a":0x10}"#,
            #"{"a":"\x"}"#, #"{"a":"\u12"}"#, #"{"a":"\ud800"}"#, #"{"a":"\ud800\u0041"}"#, #"{"a":"\udc00"}"#,
            #"{"a":"x"#, "{\"a\":\"x\ny\"}", #"{'a':1}"#, "{\"a\":1}\u{0}", "\u{FEFF}{}", #"{"a":[1,]}"#, #"{"a":tru}"#,
        ] {
            #expect(fault(text) == .notJSON, "\(text)")
        }
        #expect(fault(Array(#"{"a":""#.utf8) + [0xFF, 0x22, 0x7D]) == .notJSON)
        #expect(fault(Array(#"{"a":""#.utf8) + [0xC0, 0x80, 0x22, 0x7D]) == .notJSON)
        #expect(fault(#"{"a":1,"a":1}"#) == .nameTwice)
        #expect(fault(#"{"a":1,"\u0061":2}"#) == .nameTwice)
        #expect(fault("{\"a\":\"\u{0}\"}") == .nul)
        #expect(fault(#"{"a":"\u0000"}"#) == .nul)
        #expect(fault(#"{"a":\#(String(repeating: "[", count: 10_000))"#) == .tooDeep)
        let many = (0...64).map { #""\#($0)":1"# }.joined(separator: ",")
        #expect(fault("{\(many)}") == .tooManyMembers)
    }
}
