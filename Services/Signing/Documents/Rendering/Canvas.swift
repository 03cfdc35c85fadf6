import CPango
import Foundation

/// Pages of A4 in a PDF that is being written, measured in points from the top left corner.
///
/// Owns the cairo and Pango objects; used by one thread.
final class Canvas {
    static let width = 595.28
    static let height = 841.89
    /// Cut to the measures of Times New Roman, with every Vietnamese letter; Liberation Serif 1 lacks a hundred of them.
    static let fontFamily = "Tinos"

    private let surface: OpaquePointer
    private let cairo: OpaquePointer
    private let context: OpaquePointer
    private let output: Unmanaged<Output>

    private final class Output { var bytes: [UInt8] = [] }

    init(properties: [(cairo_pdf_metadata_t, String)]) throws(RenderingError) {
        output = Unmanaged.passRetained(Output())
        surface = cairo_pdf_surface_create_for_stream(
            { closure, bytes, count in
                guard let closure, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
                Unmanaged<Output>.fromOpaque(closure).takeUnretainedValue().bytes
                    .append(contentsOf: UnsafeBufferPointer(start: bytes, count: Int(count)))
                return CAIRO_STATUS_SUCCESS
            }, output.toOpaque(), Self.width, Self.height)
        // PDF 1.4 keeps the plain cross-reference table that the signer appends to; later ones may compress it.
        cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_4)
        for (key, value) in properties { cairo_pdf_surface_set_metadata(surface, key, value) }
        cairo = cairo_create(surface)
        // A font map of its own, because Pango's objects belong to one thread.
        let fonts = pango_cairo_font_map_new()
        defer { g_object_unref(UnsafeMutableRawPointer(fonts)) }
        context = pango_font_map_create_context(fonts)
        pango_cairo_context_set_resolution(context, 72)
        // Letters lie where the font says, not where a screen's pixels are: the same on every machine.
        let options = cairo_font_options_create()
        cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
        cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
        pango_cairo_context_set_font_options(context, options)
        cairo_font_options_destroy(options)
        pango_context_set_round_glyph_positions(context, 0)
        pango_context_set_language(context, pango_language_from_string("vi"))
        try checkFont()
    }

    deinit {
        g_object_unref(UnsafeMutableRawPointer(context))
        cairo_destroy(cairo)
        cairo_surface_destroy(surface)
        output.release()
    }

    /// Ends the last page and the file.
    func finish() throws(RenderingError) -> [UInt8] {
        cairo_show_page(cairo)
        cairo_surface_finish(surface)
        let status = cairo_status(cairo)
        let ending = cairo_surface_status(surface)
        guard status == CAIRO_STATUS_SUCCESS, ending == CAIRO_STATUS_SUCCESS else {
            let bad = status == CAIRO_STATUS_SUCCESS ? ending : status
            throw RenderingError(.library, String(cString: cairo_status_to_string(bad)))
        }
        return output.takeUnretainedValue().bytes
    }

    func newPage() { cairo_show_page(cairo) }

    /// Breaks text into lines of a width.
    func layout(_ text: StyledText, width: Double) -> TextLayout { TextLayout(text, width: width, context: context) }

    func draw(_ line: TextLayout.Line, x: Double, y: Double) {
        cairo_move_to(cairo, x + line.x, y + line.ascent)
        withExtendedLifetime(line) { pango_cairo_show_layout_line(cairo, line.pointer) }
    }

    func line(from start: (x: Double, y: Double), to end: (x: Double, y: Double), width: Double = 0.6) {
        cairo_set_line_width(cairo, width)
        cairo_move_to(cairo, start.x, start.y)
        cairo_line_to(cairo, end.x, end.y)
        cairo_stroke(cairo)
    }

    func fill(x: Double, y: Double, width: Double, height: Double) {
        cairo_rectangle(cairo, x, y, width, height)
        cairo_fill(cairo)
    }

    /// Without this font another one would silently take its place, perhaps without half of the letters.
    private func checkFont() throws(RenderingError) {
        let wanted = pango_font_description_new()
        defer { pango_font_description_free(wanted) }
        pango_font_description_set_family(wanted, Self.fontFamily)
        guard let font = pango_context_load_font(context, wanted) else {
            throw RenderingError(.fontMissing, "no font at all is installed")
        }
        defer { g_object_unref(UnsafeMutableRawPointer(font)) }
        let found = pango_font_describe(font)
        defer { pango_font_description_free(found) }
        guard let family = pango_font_description_get_family(found).map({ String(cString: $0) }),
            family == Self.fontFamily
        else {
            throw RenderingError(.fontMissing, "the font \(Self.fontFamily) is not installed")
        }
    }
}
