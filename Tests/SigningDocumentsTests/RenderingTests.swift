import Foundation
import Testing

@testable import SigningDocuments

@Suite("Drawing documents")
struct RenderingTests {
    private let renderer = DocumentRenderer()

    @Test("the official letter shows head, number, member, every box, signature and verification code")
    func letter() async throws {
        let text = try await Tool.text(of: renderer.render(SampleDocuments.letter().content))
        for part in [
            "ĐẢNG CỘNG SẢN VIỆT NAM", "ĐẢNG BỘ TỈNH MẪU", "ĐẢNG ỦY XÃ MẪU SỐ MỘT", "Số 12-GGT/ĐU",
            "Xã Mẫu Số Một, ngày 20 tháng 11 năm 2026", "GIẤY GIỚI THIỆU CHUYỂN SINH HOẠT ĐẢNG CHÍNH THỨC",
            "Kính gửi: Đảng ủy phường Mẫu Số Hai", "Đồng chí: Nguyễn Văn Mẫu 01",
            "Đã đóng đảng phí đến hết tháng: 11/2026", "T/M BAN THƯỜNG VỤ", "Trần Thị Mẫu 02",
            "Mã tra cứu: 7K4M-Q2XW-9D3F", "https://hoso.example/tra-cuu/7K4M-Q2XW-9D3F",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        for number in 1...5 { #expect(text.contains("Lê Văn Mẫu 0\(number)")) }
    }

    @Test("the same letter gives the same bytes, also when drawn many times at once")
    func deterministic() async throws {
        let content = SampleDocuments.letter().content
        let expected = try renderer.render(content)
        let all = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<8 {
                group.addTask { try await DocumentRenderer().rendered(content) }
                group.addTask { try DocumentRenderer().render(content) }
            }
            return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        #expect(all == [expected])
    }

    @Test("another creation time or one other letter gives other bytes")
    func distinct() throws {
        var content = SampleDocuments.letter().content
        let first = try renderer.render(content)
        content.createdAt += 1
        #expect(try renderer.render(content) != first)
        #expect(try renderer.render(SampleDocuments.letter(member: "Nguyễn Văn Mẫu 03").content) != first)
    }

    @Test("every font is embedded, as a subset, and one family has all letters")
    func fonts() async throws {
        let alphabet =
            "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
        var content = SampleDocuments.letter().content
        content.paragraphs = [alphabet, alphabet.uppercased()]
        let pdf = try renderer.render(content)
        let rows = try await Tool.run(["pdffonts", "FILE"], on: pdf).output.split(separator: "\n").dropFirst(2)
        #expect(!rows.isEmpty)
        for row in rows {
            #expect(row.contains("+Tinos"), "\(row)")
            #expect(row.contains("yes yes yes"), "\(row)")
        }
        #expect(try await Tool.text(of: pdf).contains(alphabet.uppercased().prefix(20)))
    }

    @Test("markup in a text is shown, not obeyed", arguments: ["<b>&amp;</b>", "</span>", "&lt;", "<span size='1'>"])
    func markup(text: String) async throws {
        let pdf = try renderer.render(SampleDocuments.letter(member: "Mẫu \(text) 01").content)
        #expect(try await Tool.text(of: pdf).contains("Mẫu \(text) 01"))
    }

    @Test("characters that hide or turn text are dropped, decomposed letters are composed")
    func plain() throws {
        #expect(plainText("a\u{202e}b\u{0000}c\u{2066}d\u{feff}") == "abcd")
        #expect(plainText("một\r\nhai\tba") == "một  hai ba")
        #expect(plainText("một\nhai", keepingLines: true) == "một\nhai")
        let composed = plainText("Nguyê\u{0303}n")
        #expect(Array(composed.unicodeScalars) == Array("Nguyễn".unicodeScalars))
        _ = try renderer.render(SampleDocuments.letter(member: "\u{0}\u{1}\u{1f}").content)
    }

    @Test("ten boxes fill two pages, and the second bears its number")
    func tenBoxes() async throws {
        let pdf = try renderer.render(SampleDocuments.letter(boxes: 10).content)
        #expect(try await Tool.pages(of: pdf) == 2)
        let second = try await Tool.run(["pdftotext", "-f", "2", "FILE", "-"], on: pdf).output
        #expect(second.hasPrefix("2\n"))
    }

    @Test("a box longer than a page goes on over the next ones and loses no word")
    func longBox() async throws {
        let words = (1...3000).map { "từ\($0)" }
        var letter = SampleDocuments.letter(boxes: 1)
        letter.boxes = [SampleDocuments.box(1, content: words.joined(separator: " "))]
        let pdf = try renderer.render(letter.content)
        #expect(try await (Tool.pages(of: pdf) ?? 0) > 3)
        let found = Set(try await Tool.text(of: pdf).split(separator: " "))
        #expect(words.allSatisfy { found.contains(Substring($0)) })
    }

    @Test("a word longer than a line is broken, and a document beyond fifty pages is refused")
    func limits() throws {
        var content = SampleDocuments.letter().content
        content.paragraphs = [String(repeating: "M", count: 5000)]
        _ = try renderer.render(content)

        content.paragraphs = (1...3000).map { "Đoạn \($0)" }
        let error = #expect(throws: RenderingError.self) { try renderer.render(content) }
        #expect(error?.code == .tooLong)

        content.paragraphs = []
        content.verification.address = String(repeating: "x", count: 4000)
        #expect(throws: RenderingError.self) { try renderer.render(content) }
    }

    @Test("the file's properties name the template and the verification identifier")
    func properties() async throws {
        let output = try await Tool.run(
            ["pdfinfo", "FILE"], on: renderer.render(SampleDocuments.letter().content)
        ).output
        #expect(output.contains("official-transfer/1"))
        #expect(output.contains("7K4M-Q2XW-9D3F"))
        #expect(output.contains("GIẤY GIỚI THIỆU CHUYỂN SINH HOẠT ĐẢNG CHÍNH THỨC"))
    }

    @Test(
        "official dates carry a zero before days under ten and before January and February",
        arguments: [
            (1_767_200_400.0, "ngày 01 tháng 01 năm 2026"), (1_772_989_199, "ngày 08 tháng 3 năm 2026"),
            (1_772_989_200, "ngày 09 tháng 3 năm 2026"), (1_795_140_900, "ngày 20 tháng 11 năm 2026"),
        ])
    func dates(seconds: Double, text: String) {
        #expect(officialDate(Date(timeIntervalSince1970: seconds)) == text)
    }

    @Test("as many lines fit as have room together")
    func fitting() {
        #expect(fittingLines([10, 10, 10], in: 30) == 3)
        #expect(fittingLines([10, 10, 10], in: 29.9) == 2)
        #expect(fittingLines([10], in: 5) == 0)
        #expect(fittingLines([], in: 0) == 0)
    }
}
