import CPango
import Dispatch
import Foundation

/// Draws result documents in the layout of Party documents, as PDF with embedded, subsetted fonts.
///
/// The same content gives the same bytes, as long as the installed libraries and fonts stay the same.
public struct DocumentRenderer: Sendable {
    /// Drawing takes milliseconds of a processor and must not hold up the threads of Swift's own pool.
    private let thread = DispatchQueue(label: "vn.hoso.signing.rendering")

    public init() {}

    /// Draws a document on the calling thread.
    ///
    /// Throws `.fontMissing` where Tinos is not installed, `.tooLong` above 50 pages.
    public func render(_ content: DocumentContent) throws(RenderingError) -> [UInt8] {
        let content = content.plain
        let canvas = try Canvas(properties: properties(of: content))
        let layout = try PartyDocumentLayout(content, canvas: canvas)
        try layout.draw()
        return try canvas.finish()
    }

    /// Draws a document on a thread of the renderer's own, one after the other.
    public func rendered(_ content: DocumentContent) async throws(RenderingError) -> [UInt8] {
        let result: Result<[UInt8], RenderingError> = await withCheckedContinuation { continuation in
            thread.async {
                do throws(RenderingError) {
                    continuation.resume(returning: .success(try render(content)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    private func properties(of content: DocumentContent) -> [(cairo_pdf_metadata_t, String)] {
        let moment = content.createdAt.formatted(.iso8601)
        return [
            (CAIRO_PDF_METADATA_TITLE, content.title.replacing("\n", with: " ")),
            (CAIRO_PDF_METADATA_AUTHOR, content.issuer.name),
            (CAIRO_PDF_METADATA_SUBJECT, content.template),
            (CAIRO_PDF_METADATA_KEYWORDS, content.verification.identifier),
            (CAIRO_PDF_METADATA_CREATOR, "Hồ Sơ"),
            (CAIRO_PDF_METADATA_CREATE_DATE, moment),
            (CAIRO_PDF_METADATA_MOD_DATE, moment),
        ]
    }
}
