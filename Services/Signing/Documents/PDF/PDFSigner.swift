public import Foundation
import Trust

/// Signs a PDF as PAdES baseline (ETSI EN 319 142-1): the signature is appended, nothing before it is touched.
///
/// Several may sign one after the other, for example the secretary and then the body's seal.
public struct PDFSigner: Sendable {
    /// What a viewer shows about a signature, beside the certificate.
    public struct Appearance: Sendable, Hashable {
        /// The name of the field, unique within the document.
        public var field: String
        /// The signer's name.
        public var name: String?
        /// Why it was signed.
        public var reason: String?
        /// Where it was signed.
        public var location: String?

        public init(field: String, name: String? = nil, reason: String? = nil, location: String? = nil) {
            self.field = field
            self.name = name
            self.reason = reason
            self.location = location
        }
    }

    /// How many bytes are kept for a signature unless told otherwise: enough for a chain, a time-stamp and some room.
    public static let usualCapacity = 16 * 1024

    /// Signs a PDF.
    ///
    /// - Parameters:
    ///   - pdf: The document, with a plain cross-reference table.
    ///   - appearance: The field and what it says; the field itself is invisible.
    ///   - signedAt: The time that the document states; nobody else vouches for it.
    ///   - capacity: How many bytes the signature may have.
    ///   - sign: Makes the detached CMS signature over the bytes it is given. Without the signing-time attribute, which
    ///     this format forbids.
    ///
    /// Throws `PDFError`, and whatever `sign` throws.
    public static func sign(
        _ pdf: [UInt8], as appearance: Appearance, signedAt: Date, capacity: Int = usualCapacity,
        sign: ([UInt8]) async throws -> [UInt8]
    ) async throws -> [UInt8] {
        let prepared = try PreparedPDF(pdf, as: appearance, signedAt: signedAt, capacity: capacity)
        return try await prepared.completed(with: sign(prepared.bytesToSign))
    }
}

/// A PDF with an empty place for its signature: the cut at which a signer who answers later works.
public struct PreparedPDF: Sendable, Hashable, Codable {
    /// The whole file, the place filled with zeros.
    public let bytes: [UInt8]
    /// Where the place starts and ends, its angle brackets included.
    public let placeStart: Int
    public let placeEnd: Int

    /// Everything but the place: what the signature is over.
    public var bytesToSign: [UInt8] { Array(bytes[..<placeStart] + bytes[placeEnd...]) }

    /// Puts the signature into its place.
    ///
    /// Throws `.placeholderTooSmall` when it does not fit.
    public func completed(with signature: [UInt8]) throws(PDFError) -> [UInt8] {
        let digits = Array(signature.hex.utf8)
        let room = placeEnd - placeStart - 2
        guard digits.count <= room else {
            throw PDFError(
                .placeholderTooSmall, "the signature has \(signature.count) bytes, \(room / 2) are kept for it")
        }
        var result = bytes
        result.replaceSubrange(placeStart + 1..<placeStart + 1 + digits.count, with: digits)
        return result
    }

    /// Appends the signature's field and its empty place.
    public init(
        _ pdf: [UInt8], as appearance: PDFSigner.Appearance, signedAt: Date, capacity: Int = PDFSigner.usualCapacity
    ) throws(PDFError) {
        let file = try PDFFile(pdf)
        var revision = PDFRevision(of: file)
        let signature = revision.newReference()
        let field = revision.newReference()
        try Self.writeField(appearance, signature: signature, as: field, of: file, into: &revision)

        let dictionary = Self.signatureDictionary(appearance, signedAt: signedAt, capacity: capacity)
        let start = revision.write(signature, dictionary.text)
        revision.finish()

        var bytes = revision.bytes
        let place = start + dictionary.place
        placeStart = place
        placeEnd = place + 2 * capacity + 2
        Self.fill(
            dictionary.range.map { start + $0 }, of: &bytes,
            with: [0, place, placeEnd, bytes.count - placeEnd])
        self.bytes = bytes
    }

    // MARK: The signature dictionary

    private struct SignatureDictionary {
        let text: String
        /// Where the place for the signature stands within the text.
        let place: Int
        /// Where the four numbers of the byte range stand.
        let range: [Int]
    }

    private static let widthOfNumber = 10

    private static func signatureDictionary(
        _ appearance: PDFSigner.Appearance, signedAt: Date, capacity: Int
    ) -> SignatureDictionary {
        var text = "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached\n/ByteRange ["
        var range: [Int] = []
        for _ in 0..<4 {
            range.append(text.utf8.count)
            text += String(repeating: " ", count: widthOfNumber) + " "
        }
        text += "]\n/Contents "
        let place = text.utf8.count
        text += "<\(String(repeating: "0", count: 2 * capacity))>\n/M (\(pdfDate(signedAt)))"
        for (key, value) in [
            ("Name", appearance.name), ("Reason", appearance.reason), ("Location", appearance.location),
        ] {
            if let value { text += "\n/\(key) \(PDFValue.text(value).text)" }
        }
        return SignatureDictionary(text: text + " >>", place: place, range: range)
    }

    private static func fill(_ places: [Int], of bytes: inout [UInt8], with numbers: [Int]) {
        for (place, number) in zip(places, numbers) {
            let digits = Array(String(number).utf8)
            bytes.replaceSubrange(place..<place + digits.count, with: digits)
        }
    }

    // MARK: The field

    /// Adds the field to the form and its invisible widget to the first page.
    private static func writeField(
        _ appearance: PDFSigner.Appearance, signature: PDFReference, as field: PDFReference, of file: PDFFile,
        into revision: inout PDFRevision
    ) throws(PDFError) {
        let (pageReference, oldPage) = try file.firstPage()
        var page = oldPage
        page["Annots"] = .array((try file.resolved(page["Annots"]).array ?? []) + [.reference(field)])

        var catalog = try file.catalog
        guard let root = file.trailer["Root"]?.reference else {
            throw PDFError(.malformed, "the catalog is missing")
        }
        var form = try file.resolved(catalog["AcroForm"]).dictionary ?? PDFDictionary()
        let fields = try file.resolved(form["Fields"]).array ?? []
        let name = PDFValue.text(appearance.field)
        for other in fields where try file.resolved(other).dictionary?["T"] == name {
            throw PDFError(.fieldExists, "there is a field \(appearance.field) already")
        }
        form["Fields"] = .array(fields + [.reference(field)])
        // Signatures exist, and the file may only be appended to (12.7.2).
        form["SigFlags"] = .integer(3)
        let formReference = catalog["AcroForm"]?.reference ?? revision.newReference()
        catalog["AcroForm"] = .reference(formReference)
        // The subfilter is younger than the version in the file's first line.
        catalog["Version"] = .name("1.7")
        catalog["Extensions"] = .dictionary([
            "ESIC": .dictionary(["BaseVersion": .name("1.7"), "ExtensionLevel": .integer(5)])
        ])

        revision.write(root, catalog.text)
        revision.write(formReference, form.text)
        revision.write(pageReference, page.text)
        let widget: PDFDictionary = [
            "Type": .name("Annot"), "Subtype": .name("Widget"), "FT": .name("Sig"), "T": name,
            "Rect": .array([.integer(0), .integer(0), .integer(0), .integer(0)]),
            // Printed and locked.
            "F": .integer(132), "P": .reference(pageReference), "V": .reference(signature),
        ]
        revision.write(field, widget.text)
    }
}

/// A time as PDF writes it, in Viet Nam's time.
private func pdfDate(_ date: Date) -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(secondsFromGMT: 7 * 3600) ?? .gmt
    let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
    let numbers = [parts.month, parts.day, parts.hour, parts.minute, parts.second].map { number in
        let number = number ?? 0
        return number < 10 ? "0\(number)" : "\(number)"
    }
    return "D:\(parts.year ?? 0)\(numbers.joined())+07'00'"
}
