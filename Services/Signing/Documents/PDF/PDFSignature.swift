public import Foundation
public import Trust

/// One signature found in a PDF.
public struct PDFSignature: Sendable, Hashable {
    /// The name of its field.
    public let field: String
    /// The detached CMS signature.
    public let signature: [UInt8]
    /// Where the bytes that it is over end; equal to the file's length unless something was appended later.
    public let end: Int
    /// The time that the document states, as written.
    public let statedTime: String?
    /// Why it was signed, as the signer stated it; the signature is over it.
    public let reason: String?
    /// Everything the signature is over.
    public let signedBytes: [UInt8]
    /// Whether nothing was appended after it. Of several signatures only the last can cover the whole file.
    public let coversWholeFile: Bool

    /// All signatures of a PDF of ours, in the order of the form.
    ///
    /// Throws `.malformed` also where a signature's byte range leaves out anything but the signature itself: what
    /// stands in such a gap would be shown and not be protected.
    public static func all(in pdf: [UInt8]) throws(PDFError) -> [PDFSignature] {
        let file = try PDFFile(pdf)
        let form = try file.resolved(file.catalog["AcroForm"]).dictionary ?? PDFDictionary()
        var signatures: [PDFSignature] = []
        for field in try file.resolved(form["Fields"]).array ?? [] {
            let dictionary = try file.dictionary(field, "a field")
            guard dictionary["FT"]?.name == "Sig", let value = dictionary["V"] else { continue }
            signatures.append(
                try PDFSignature(
                    field: text(of: dictionary["T"]), dictionary: file.dictionary(value, "a signature"), pdf: pdf))
        }
        return signatures
    }

    private init(field: String, dictionary: PDFDictionary, pdf: [UInt8]) throws(PDFError) {
        guard dictionary["SubFilter"]?.name == "ETSI.CAdES.detached" else {
            throw PDFError(.unsupported, "the signature \(field) is of another kind")
        }
        let range = (dictionary["ByteRange"]?.array ?? []).compactMap(\.integer)
        guard let contents = dictionary["Contents"]?.string, range.count == 4, range[0] == 0, range[1] > 0,
            range[2] > range[1], range[3] > 0, range[2] <= pdf.count, range[3] <= pdf.count - range[2]
        else {
            throw PDFError(.malformed, "the byte range of the signature \(field) is damaged")
        }
        // The gap must be exactly the signature's own hexadecimal string.
        let gap = pdf[range[1]..<range[2]]
        guard gap.first == UInt8(ascii: "<"), gap.last == UInt8(ascii: ">"),
            [UInt8](hex: String(decoding: gap.dropFirst().dropLast(), as: UTF8.self)) == contents
        else {
            throw PDFError(.malformed, "the byte range of the signature \(field) leaves out more than itself")
        }
        self.field = field
        signature = try Self.withoutPadding(contents)
        end = range[2] + range[3]
        coversWholeFile = end == pdf.count
        statedTime = dictionary["M"]?.string.map { String(decoding: $0, as: UTF8.self) }
        reason = dictionary["Reason"].map { Self.text(of: $0) }
        signedBytes = Array(pdf[..<range[1]] + pdf[range[2]..<end])
    }

    /// Cuts off the zeros behind the signature: its own first bytes say how long it is.
    private static func withoutPadding(_ contents: [UInt8]) throws(PDFError) -> [UInt8] {
        let damaged = PDFError(.malformed, "a signature's place does not hold one")
        guard contents.count > 2, contents[0] == 0x30 else { throw damaged }
        var length = Int(contents[1])
        var start = 2
        if length >= 0x80 {
            let digits = length & 0x7f
            guard (1...4).contains(digits), contents.count > 2 + digits else { throw damaged }
            length = contents[2..<2 + digits].reduce(0) { $0 << 8 | Int($1) }
            start += digits
        }
        guard contents.count - start >= length, contents[(start + length)...].allSatisfy({ $0 == 0 }) else {
            throw damaged
        }
        return Array(contents[..<(start + length)])
    }

    private static func text(of value: PDFValue?) -> String {
        guard let bytes = value?.string else { return "" }
        guard bytes.starts(with: [0xfe, 0xff]) else { return String(decoding: bytes, as: UTF8.self) }
        let units = stride(from: 2, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        return String(decoding: units, as: UTF16.self)
    }

    /// Judges the signature and its signer; the signer is the only one in it.
    public func verdict(
        anchors: TrustAnchors, revocation: TrustAnchors.Revocation, at moment: Date
    ) throws(TrustError) -> SignatureVerdict {
        let verdicts = try CMS.verifyDetached(
            signature, content: signedBytes, anchors: anchors, revocation: revocation, at: moment)
        guard let verdict = verdicts.first, verdicts.count == 1 else {
            throw TrustError(.malformed, "the signature \(field) has \(verdicts.count) signers")
        }
        return verdict
    }
}
