import Testing

@testable import Dues

@Suite("Query strings")
struct FormQueryTests {
    private func fields(_ text: String) -> [String: String]? {
        FormQuery(Array(text.utf8)).map { Dictionary(uniqueKeysWithValues: $0.fields.map { ($0.name, $0.value) }) }
    }

    @Test("plus is a space and escapes are bytes")
    func decoding() {
        #expect(fields("a=Dang+phi+05%2F2026&b=&c&d=%c4%91") == ["a": "Dang phi 05/2026", "b": "", "c": "", "d": "đ"])
        #expect(fields("") == [:])
        #expect(fields("a=1=2&&b=3") == ["a": "1=2", "b": "3"])
    }

    @Test(
        "what can be read in two ways is not read",
        arguments: ["a=%2", "a=%", "a=%zz", "a=%C3%28", "a=1&a=1", "%61=1&a=2"])
    func refused(text: String) {
        #expect(FormQuery(Array(text.utf8)) == nil)
    }

    @Test("more fields than any gateway sends are not read")
    func fieldCount() {
        let fields = (1...64).map { "a\($0)=1" }
        #expect(FormQuery(Array(fields.joined(separator: "&").utf8))?.fields.count == 64)
        #expect(FormQuery(Array((fields + ["b=1"]).joined(separator: "&").utf8)) == nil)
    }

    @Test("the canonical form is sorted, without empty and excluded fields")
    func canonical() {
        let query = FormQuery(Array("b=x%20y&a=1&c=&hash=9&B=2".utf8))
        #expect(query.map { String(decoding: $0.canonical(without: ["hash"]), as: UTF8.self) } == "B=2&a=1&b=x+y")
        #expect(query.map { String(decoding: $0.asReceived(without: ["hash"]), as: UTF8.self) } == "B=2&a=1&b=x%20y")
    }
}
