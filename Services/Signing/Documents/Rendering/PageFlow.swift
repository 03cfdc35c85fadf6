/// Fills pages from top to bottom and starts a new one when a line does not fit.
final class PageFlow {
    static let left = 85.0
    static let right = Canvas.width - 50
    static let top = 56.0
    static let bottom = Canvas.height - 62
    static var width: Double { right - left }
    /// More pages than any document of ours can have: whoever fills them has sent nonsense.
    static let maximumPages = 50

    struct Cell {
        let x: Double
        let layouts: [TextLayout]
    }

    let canvas: Canvas
    private(set) var page = 1
    var y = PageFlow.top
    private let footer: TextLayout

    init(canvas: Canvas, footer: StyledText) {
        self.canvas = canvas
        self.footer = canvas.layout(footer, width: Self.width)
        drawFooter()
    }

    var remaining: Double { Self.bottom - y }

    func skip(_ points: Double) { y += points }

    /// Starts a new page unless this much is left on the current one; for what must stay together.
    func keepTogether(_ points: Double) throws(RenderingError) {
        if points > remaining, y > Self.top { try nextPage() }
    }

    func nextPage() throws(RenderingError) {
        guard page < Self.maximumPages else {
            throw RenderingError(.tooLong, "the document has more than \(Self.maximumPages) pages")
        }
        canvas.newPage()
        page += 1
        drawFooter()
        // From the second page on its number stands at the top, in the middle.
        let number = canvas.layout(StyledText("\(page)", size: 12, alignment: .center), width: Self.width)
        for line in number.lines { canvas.draw(line, x: Self.left, y: 32) }
        y = Self.top
    }

    /// Draws text line by line, over as many pages as it needs.
    func paragraph(_ text: StyledText, inset: Double = 0, spacing: Double = 4) throws(RenderingError) {
        for line in canvas.layout(text, width: Self.width - inset).lines {
            try keepTogether(line.height)
            canvas.draw(line, x: Self.left + inset, y: y)
            y += line.height
        }
        skip(spacing)
    }

    /// Draws cells side by side; a row that does not fit goes on with its next lines on the next page.
    ///
    /// - Parameters:
    ///   - borders: Where vertical lines stand, the outer ones included; none for a row without a frame.
    func row(_ cells: [Cell], borders: [Double] = [], padding: Double = 3) throws(RenderingError) {
        let lines = cells.map { cell in cell.layouts.flatMap(\.lines) }
        var next = lines.map { _ in 0 }
        while zip(lines, next).contains(where: { $0.count > $1 }) {
            let room = remaining - 2 * padding
            let ends = zip(lines, next).map { lines, start in
                start + fittingLines(lines[start...].map(\.height), in: room)
            }
            // Not even one line fits: on to the next page, where one always does.
            guard zip(ends, next).contains(where: { $0 > $1 }) else {
                try nextPage()
                continue
            }
            let start = y
            var lowest = y
            for (index, cell) in cells.enumerated() {
                var position = start + padding
                for line in lines[index][next[index]..<ends[index]] {
                    canvas.draw(line, x: cell.x, y: position)
                    position += line.height
                }
                lowest = max(lowest, position + padding)
            }
            next = ends
            y = lowest
            frame(borders, from: start, to: lowest)
        }
    }

    private func frame(_ borders: [Double], from top: Double, to bottom: Double) {
        guard let first = borders.first, let last = borders.last else { return }
        for x in borders { canvas.line(from: (x, top), to: (x, bottom)) }
        for y in [top, bottom] { canvas.line(from: (first, y), to: (last, y)) }
    }

    private func drawFooter() {
        let start = Canvas.height - 40
        canvas.line(from: (Self.left, start - 4), to: (Self.right, start - 4), width: 0.4)
        var position = start
        for line in footer.lines {
            canvas.draw(line, x: Self.left, y: position)
            position += line.height
        }
    }
}

/// How many of the first heights fit into a room together.
func fittingLines(_ heights: [Double], in room: Double) -> Int {
    var used = 0.0
    for (index, height) in heights.enumerated() {
        used += height
        if used > room { return index }
    }
    return heights.count
}
