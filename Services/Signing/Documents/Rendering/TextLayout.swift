import CPango

/// Text broken into lines.
///
/// Owns its Pango layout; its lines point into that, so each line keeps it alive.
final class TextLayout {
    /// One line: where it starts within the width, how far its baseline lies below its top, and how high it is.
    struct Line {
        let pointer: UnsafeMutablePointer<PangoLayoutLine>
        let x: Double
        let ascent: Double
        let height: Double
        fileprivate let owner: TextLayout
    }

    private struct Measured {
        let pointer: UnsafeMutablePointer<PangoLayoutLine>
        let x: Double
        let ascent: Double
        let height: Double
    }

    private let layout: OpaquePointer
    private let measured: [Measured]

    var lines: [Line] {
        measured.map { Line(pointer: $0.pointer, x: $0.x, ascent: $0.ascent, height: $0.height, owner: self) }
    }

    var height: Double { measured.reduce(0) { $0 + $1.height } }

    init(_ text: StyledText, width: Double, context: OpaquePointer) {
        layout = pango_layout_new(context)
        pango_layout_set_width(layout, Int32(width * Double(PANGO_SCALE)))
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
        pango_layout_set_indent(layout, Int32(text.indent * Double(PANGO_SCALE)))
        pango_layout_set_line_spacing(layout, 1.08)
        // The reading order is left to right whatever letters come first.
        pango_layout_set_auto_dir(layout, 0)
        Self.apply(text.alignment, to: layout)
        Self.apply(text, to: layout)
        measured = Self.lines(of: layout)
    }

    deinit { g_object_unref(UnsafeMutableRawPointer(layout)) }

    private static func apply(_ alignment: StyledText.Alignment, to layout: OpaquePointer) {
        switch alignment {
        case .left: pango_layout_set_alignment(layout, PANGO_ALIGN_LEFT)
        case .center: pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER)
        case .right: pango_layout_set_alignment(layout, PANGO_ALIGN_RIGHT)
        case .justified: pango_layout_set_justify(layout, 1)
        }
    }

    private static func apply(_ text: StyledText, to layout: OpaquePointer) {
        let font = pango_font_description_new()
        defer { pango_font_description_free(font) }
        pango_font_description_set_family(font, Canvas.fontFamily)
        pango_font_description_set_absolute_size(font, text.size * Double(PANGO_SCALE))
        pango_layout_set_font_description(layout, font)

        // Attributes by position instead of markup: no text can then be read as a command.
        let attributes = pango_attr_list_new()
        defer { pango_attr_list_unref(attributes) }
        var bytes: [UInt8] = []
        for run in text.runs {
            let start = UInt32(bytes.count)
            bytes.append(contentsOf: run.text.utf8)
            let end = UInt32(bytes.count)
            if run.isBold { insert(pango_attr_weight_new(PANGO_WEIGHT_BOLD), start, end, attributes) }
            if run.isItalic { insert(pango_attr_style_new(PANGO_STYLE_ITALIC), start, end, attributes) }
        }
        bytes.withUnsafeBytes { buffer in
            pango_layout_set_text(
                layout, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count))
        }
        pango_layout_set_attributes(layout, attributes)
    }

    /// The list takes the attribute over.
    private static func insert(
        _ attribute: UnsafeMutablePointer<PangoAttribute>?, _ start: UInt32, _ end: UInt32, _ list: OpaquePointer?
    ) {
        attribute?.pointee.start_index = start
        attribute?.pointee.end_index = end
        pango_attr_list_insert(list, attribute)
    }

    private static func lines(of layout: OpaquePointer) -> [Measured] {
        guard let iterator = pango_layout_get_iter(layout) else { return [] }
        defer { pango_layout_iter_free(iterator) }
        let scale = Double(PANGO_SCALE)
        var lines: [Measured] = []
        repeat {
            guard let pointer = pango_layout_iter_get_line_readonly(iterator) else { continue }
            var logical = PangoRectangle()
            pango_layout_iter_get_line_extents(iterator, nil, &logical)
            let baseline = Double(pango_layout_iter_get_baseline(iterator) - logical.y)
            lines.append(
                Measured(
                    pointer: pointer, x: Double(logical.x) / scale, ascent: baseline / scale,
                    height: Double(logical.height) / scale))
        } while pango_layout_iter_next_line(iterator) != 0
        return lines
    }
}
