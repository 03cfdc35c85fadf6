import Foundation
import TestPKI
import Testing
import Trust

@testable import SigningDocuments

@Suite("Signing documents")
struct PDFSignerTests {
    private struct SignerAway: Error {}

    let pki: DemonstrationPKI
    let pdf: [UInt8]

    init() async throws {
        pki = try await .shared()
        pdf = try DocumentRenderer().render(SampleDocuments.letter(boxes: 2).content)
    }

    private func signed(
        _ pdf: [UInt8], by name: String = "seal", field: String? = nil, capacity: Int = PDFSigner.usualCapacity
    ) async throws -> [UInt8] {
        let identity = try pki.identity(name)
        return try await PDFSigner.sign(
            pdf, as: .init(field: field ?? name, name: "Mẫu", reason: "Ban hành (kết quả)", location: "Xã Mẫu"),
            signedAt: SampleDocuments.issuedAt, capacity: capacity
        ) { try await identity.signDetached($0, at: Date()) }
    }

    private func verdicts(_ pdf: [UInt8]) throws -> [SignatureVerdict] {
        try PDFSignature.all(in: pdf).map {
            try $0.verdict(anchors: pki.anchors, revocation: pki.revocation, at: Date())
        }
    }

    @Test("a signed document starts with the unsigned one, byte by byte, and is valid")
    func sign() async throws {
        let signed = try await signed(pdf)
        #expect(signed.starts(with: pdf))
        let signatures = try PDFSignature.all(in: signed)
        #expect(signatures.map(\.field) == ["seal"])
        #expect(signatures.first?.coversWholeFile == true)
        #expect(signatures.first?.statedTime == "D:20261120091500+07'00'")
        #expect(try verdicts(signed).map(\.isValid) == [true])
        #expect(try verdicts(signed).first?.claimedTime == nil)
    }

    @Test("two sign one after the other, and both stay valid")
    func twoSigners() async throws {
        let signed = try await signed(signed(pdf, by: "officer"), by: "seal")
        let signatures = try PDFSignature.all(in: signed)
        #expect(signatures.map(\.field) == ["officer", "seal"])
        #expect(signatures.map(\.coversWholeFile) == [false, true])
        #expect(try verdicts(signed).map(\.isValid) == [true, true])
    }

    @Test("pdfsig finds both signatures valid, and nothing unsigned")
    func judgedByPoppler() async throws {
        let output = try await Tool.run(
            ["pdfsig", "FILE"], on: signed(signed(pdf, by: "officer"), by: "seal")
        ).output
        #expect(output.components(separatedBy: "Signature Validation: Signature is Valid.").count == 3)
        #expect(output.contains("Signature Type: ETSI.CAdES.detached"))
        #expect(output.contains("Total document signed"))
    }

    @Test("a token's seal signs the same way")
    func token() async throws {
        let identity = try await SigningIdentity.opening(
            module: pki.module, token: pki.token, label: pki.sealLabel, pin: pki.pin,
            chain: [pki.certificate("issuing")])
        let signed = try await PDFSigner.sign(pdf, as: .init(field: "seal"), signedAt: SampleDocuments.issuedAt) {
            try await identity.signDetached($0, at: Date())
        }
        #expect(try verdicts(signed).map(\.isValid) == [true])
    }

    @Test("one changed byte anywhere outside the signature itself is found")
    func tampering() async throws {
        let identity = try pki.identity("officer")
        let prepared = try PreparedPDF(pdf, as: .init(field: "officer"), signedAt: SampleDocuments.issuedAt)
        let signed = try await prepared.completed(with: identity.signDetached(prepared.bytesToSign, at: Date()))
        #expect(try verdicts(signed).map(\.isValid) == [true])
        let before = stride(from: 0, to: pdf.count, by: pdf.count / 60)
        let appended = stride(from: pdf.count, to: prepared.placeStart, by: 7)
        let after = stride(from: prepared.placeEnd, to: signed.count, by: 7)
        for place in Array(before) + Array(appended) + Array(after) {
            var changed = signed
            changed[place] ^= 1
            let isValid = (try? verdicts(changed))?.first?.isValid ?? false
            #expect(!isValid, "byte \(place) of \(signed.count)")
        }
    }

    @Test("what is appended after the signature shows as not covered")
    func appended() async throws {
        let signed = try await signed(pdf)
        var revision = PDFRevision(of: try PDFFile(signed))
        revision.write(revision.newReference(), "<< /Type /Catalog >>")
        revision.finish()
        let signature = try #require(try PDFSignature.all(in: revision.bytes).first)
        #expect(!signature.coversWholeFile)
        #expect(try verdicts(revision.bytes).first?.isIntact == true)
    }

    @Test("a byte range that leaves out more than the signature is refused")
    func widenedGap() async throws {
        let signed = try await signed(pdf)
        let text = Array("/ByteRange [0".utf8)
        let start = try #require(signed.indices.first { signed[$0...].starts(with: text) })
        // The number of the first part's end, one smaller: one more byte is left out.
        let number = start + text.count + 10
        var scanner = PDFScanner(signed, at: number)
        let end = try scanner.wholeNumber()
        var changed = signed
        changed.replaceSubrange(
            scanner.position - String(end).utf8.count..<scanner.position, with: Array(String(end - 1).utf8))
        let error = #expect(throws: PDFError.self) { try PDFSignature.all(in: changed) }
        #expect(error?.code == .malformed)
    }

    @Test("a signature that does not fit says how much room it needs")
    func tooSmall() async throws {
        let error = await #expect(throws: PDFError.self) { try await signed(pdf, capacity: 100) }
        #expect(error?.code == .placeholderTooSmall)
        #expect(error?.reason.contains("100 are kept") == true)
    }

    @Test("a field's name can be used once")
    func sameField() async throws {
        let once = try await signed(pdf, field: "chữ ký")
        let error = await #expect(throws: PDFError.self) { try await signed(once, field: "chữ ký") }
        #expect(error?.code == .fieldExists)
    }

    @Test("the signer's own failure comes through unchanged")
    func failingSigner() async throws {
        await #expect(throws: SignerAway.self) {
            try await PDFSigner.sign(pdf, as: .init(field: "seal"), signedAt: SampleDocuments.issuedAt) { _ in
                throw SignerAway()
            }
        }
    }

    @Test("a document prepared now can be completed later, after a restart")
    func preparedForLater() throws {
        let prepared = try PreparedPDF(pdf, as: .init(field: "officer"), signedAt: SampleDocuments.issuedAt)
        let stored = try JSONDecoder().decode(PreparedPDF.self, from: JSONEncoder().encode(prepared))
        #expect(stored == prepared)
        let signature = try CMS.signDetached(stored.bytesToSign, identity: pki.identity("officer"), at: Date())
        #expect(try verdicts(stored.completed(with: signature)).map(\.isValid) == [true])
    }

    @Test("preparing the same document twice gives the same bytes")
    func deterministic() throws {
        let appearance = PDFSigner.Appearance(field: "seal", name: "Mẫu")
        #expect(
            try PreparedPDF(pdf, as: appearance, signedAt: SampleDocuments.issuedAt)
                == PreparedPDF(pdf, as: appearance, signedAt: SampleDocuments.issuedAt))
    }

    @Test(
        "what is no PDF of ours is refused", arguments: ["", "%PDF-1.4", "%PDF-1.4\nstartxref\n9999\n%%EOF", "GIF89a"])
    func foreign(text: String) {
        #expect(throws: PDFError.self) { try PDFFile(Array(text.utf8)) }
    }

    @Test("revisions in a circle, keys that stand twice and deep nesting are refused")
    func hostile() {
        let circle = "%PDF-1.4\nxref\n0 0\ntrailer\n<< /Size 1 /Prev 9 >>\nstartxref\n9\n%%EOF"
        #expect(throws: PDFError.self) { try PDFFile(Array(circle.utf8)) }
        for text in ["<< /A 1 /A 2 >>", String(repeating: "[", count: 100_000), "(open", "<4", "<< /A", "[1"] {
            #expect(throws: PDFError.self) {
                var scanner = PDFScanner(Array(text.utf8))
                _ = try scanner.value()
            }
        }
    }

    @Test("values are read as they are written")
    func values() throws {
        let text = "<< /A [1 -2.5 true null 12 0 R (a\\(b\\)\\101\\n) <48 6>] /B << /C /D#20E >> >>"
        var scanner = PDFScanner(Array(text.utf8))
        let value = try scanner.value().dictionary
        #expect(
            value?["A"]?.array == [
                .number("1"), .number("-2.5"), .boolean(true), .null, .reference(PDFReference(number: 12)),
                .string(Array("a(b)A\n".utf8)), .string([0x48, 0x60]),
            ])
        #expect(value?["B"]?.dictionary?["C"] == .name("D#20E"))
    }
}
