/// Text with its looks; nothing in the text itself is read as markup.
struct StyledText {
    enum Alignment {
        case left
        case center
        case right
        case justified
    }

    struct Run {
        let text: String
        var isBold = false
        var isItalic = false
    }

    var runs: [Run]
    /// Height of the letters in points.
    var size: Double = 13
    var alignment = Alignment.left
    /// How far the first line is moved in, in points.
    var indent: Double = 0

    init(_ runs: [Run], size: Double = 13, alignment: Alignment = .left, indent: Double = 0) {
        self.runs = runs
        self.size = size
        self.alignment = alignment
        self.indent = indent
    }

    init(
        _ text: String, size: Double = 13, bold: Bool = false, italic: Bool = false, alignment: Alignment = .left,
        indent: Double = 0
    ) {
        self.init(
            [Run(text: text, isBold: bold, isItalic: italic)], size: size, alignment: alignment, indent: indent)
    }
}
