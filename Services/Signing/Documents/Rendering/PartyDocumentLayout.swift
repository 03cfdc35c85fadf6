import QRCodes

/// The formal layout of Party documents (thể thức văn bản của Đảng): head, number and date, name, text, boxes,
/// signature; below them how to check the document.
struct PartyDocumentLayout {
    private let content: DocumentContent
    private let flow: PageFlow
    private let canvas: Canvas
    private let code: QRCode

    init(_ content: DocumentContent, canvas: Canvas) throws(RenderingError) {
        guard let code = QRCode(content.verification.address) else {
            throw RenderingError(.tooLong, "the verification address does not fit into a QR code")
        }
        self.content = content
        self.canvas = canvas
        self.code = code
        flow = PageFlow(
            canvas: canvas,
            footer: StyledText(
                "Mã tra cứu: \(content.verification.identifier) – Kiểm tra tại \(content.verification.address)",
                size: 9, alignment: .center))
    }

    func draw() throws(RenderingError) {
        head()
        try name()
        try body()
        try table()
        try boxes()
        for paragraph in content.closing { try self.paragraph(paragraph) }
        try ending()
    }

    // MARK: Head

    private func head() {
        let middle = PageFlow.left + PageFlow.width * 0.46
        let issuer = column(
            [
                content.issuer.superior.map { StyledText($0, size: 12.5, alignment: .center) },
                StyledText(content.issuer.name, size: 12.5, bold: true, alignment: .center),
                StyledText("*", size: 12.5, alignment: .center),
                StyledText("Số \(content.number)", size: 13, alignment: .center),
            ], x: PageFlow.left - 20, width: middle - PageFlow.left + 12)
        let partyName = StyledText("ĐẢNG CỘNG SẢN VIỆT NAM", size: 13.5, bold: true, alignment: .center)
        let party = column([partyName], x: middle, width: PageFlow.right - middle)
        let heading = canvas.layout(partyName, width: PageFlow.right - middle)
        let offset = heading.lines.first?.x ?? 0
        // The rule under the Party's name is as long as the name.
        canvas.line(from: (middle + offset, party + 1.5), to: (PageFlow.right - offset, party + 1.5), width: 0.9)
        let date = column(
            [StyledText(content.placeAndDate, size: 12.5, italic: true, alignment: .center)], x: middle,
            width: PageFlow.right - middle, y: max(party + 8, issuer - 16))
        flow.y = max(issuer, date) + 16
    }

    /// Draws texts below each other at a place of the head or the ending; the result is where they end.
    private func column(_ texts: [StyledText?], x: Double, width: Double, y: Double? = nil) -> Double {
        var position = y ?? flow.y
        for text in texts.compactMap(\.self) {
            let layout = canvas.layout(text, width: width)
            for line in layout.lines {
                canvas.draw(line, x: x, y: position)
                position += line.height
            }
        }
        return position
    }

    private func name() throws(RenderingError) {
        try flow.paragraph(StyledText(content.title, size: 15, bold: true, alignment: .center), spacing: 0)
        if let subtitle = content.subtitle {
            try flow.paragraph(StyledText(subtitle, size: 13.5, bold: true, alignment: .center), spacing: 0)
        }
        let middle = (PageFlow.left + PageFlow.right) / 2
        canvas.line(from: (middle - 40, flow.y + 3), to: (middle + 40, flow.y + 3), width: 0.8)
        flow.skip(16)
    }

    // MARK: Text

    private func body() throws(RenderingError) {
        if let addressee = content.addressee {
            try flow.paragraph(
                StyledText(
                    [.init(text: "Kính gửi: ", isItalic: true), .init(text: addressee)], alignment: .center),
                spacing: 8)
        }
        for fact in content.facts {
            try flow.paragraph(
                StyledText([.init(text: "\(fact.label): "), .init(text: fact.value, isBold: true)]),
                inset: 28, spacing: 2)
        }
        flow.skip(4)
        for paragraph in content.paragraphs { try self.paragraph(paragraph) }
    }

    private func paragraph(_ text: String) throws(RenderingError) {
        try flow.paragraph(StyledText(text, alignment: .justified, indent: 28), spacing: 5)
    }

    // MARK: Table

    private func table() throws(RenderingError) {
        guard let table = content.table else { return }
        let total = table.columns.reduce(0) { $0 + $1.share }
        var borders = [PageFlow.left]
        for column in table.columns { borders.append((borders.last ?? 0) + PageFlow.width * column.share / total) }
        let heads = table.columns.map { StyledText($0.title, size: 12, bold: true, alignment: .center) }
        try row(heads, borders)
        for texts in table.rows {
            let cells = zip(table.columns, texts).map { column, text in
                StyledText(text, size: 12, alignment: column.isFigure ? .right : .left)
            }
            try row(cells, borders)
        }
        flow.skip(8)
    }

    private func row(_ texts: [StyledText], _ borders: [Double]) throws(RenderingError) {
        let edges = Array(zip(borders, borders.dropFirst()))
        let cells = zip(texts, edges).map { text, edges in
            PageFlow.Cell(x: edges.0 + 5, layouts: [canvas.layout(text, width: edges.1 - edges.0 - 10)])
        }
        let height = cells.map { $0.layouts.reduce(0) { $0 + $1.height } }.max() ?? 0
        if height < 100 { try flow.keepTogether(height + 8) }
        try flow.row(cells, borders: borders)
    }

    // MARK: Boxes

    private func boxes() throws(RenderingError) {
        guard !content.boxes.isEmpty else { return }
        flow.skip(4)
        let borders = [
            PageFlow.left, PageFlow.left + 30, PageFlow.left + PageFlow.width * 0.6, PageFlow.right,
        ]
        for box in content.boxes {
            let cells = zip(borders, borders.dropFirst()).enumerated().map { index, edges in
                PageFlow.Cell(
                    x: edges.0 + 5,
                    layouts: texts(of: box)[index].map { canvas.layout($0, width: edges.1 - edges.0 - 10) })
            }
            // A box of ordinary length stays whole; a very long one may run over the page.
            let height = cells.map { $0.layouts.reduce(0) { $0 + $1.height } }.max() ?? 0
            if height < 300 { try flow.keepTogether(height + 12) }
            try flow.row(cells, borders: borders, padding: 5)
        }
        flow.skip(8)
    }

    private func texts(of box: DocumentContent.Box) -> [[StyledText]] {
        let size = 11.5
        var words = [
            StyledText([.init(text: box.from, isBold: true)], size: size)
        ]
        if let to = box.to {
            words.append(StyledText([.init(text: "Kính gửi: ", isItalic: true), .init(text: to)], size: size))
        }
        words.append(StyledText(box.content, size: size, alignment: .justified))
        var signing = [
            StyledText(box.placeAndDate, size: size, italic: true, alignment: .center),
            StyledText(box.role, size: size, bold: true, alignment: .center),
        ]
        if let note = box.note { signing.append(StyledText(note, size: 9.5, italic: true, alignment: .center)) }
        signing.append(StyledText(box.signer, size: size, bold: true, alignment: .center))
        return [[StyledText("\(box.number)", size: 13, bold: true, alignment: .center)], words, signing]
    }

    // MARK: Ending

    private func ending() throws(RenderingError) {
        let middle = PageFlow.left + PageFlow.width * 0.5
        let signature = content.signature
        let signing = [
            signature.authority.map { StyledText($0, size: 13, bold: true, alignment: .center) },
            StyledText(signature.role, size: 13, bold: signature.authority == nil, alignment: .center),
            StyledText("\u{2009}\n\(signature.note)\n\u{2009}", size: 12, italic: true, alignment: .center),
            StyledText(signature.name, size: 13, bold: true, alignment: .center),
        ]
        let receiving =
            content.recipients.isEmpty
            ? []
            : [StyledText([.init(text: "Nơi nhận:", isItalic: true)], size: 12)]
                + content.recipients.map { StyledText("- \($0)", size: 11) }
        let codeSide = 74.0
        let widths = (left: middle - PageFlow.left - 10, right: PageFlow.right - middle)
        let leftHeight = height(of: receiving, width: widths.left) + codeSide + 26
        let rightHeight = height(of: signing.compactMap(\.self), width: widths.right)
        try flow.keepTogether(max(leftHeight, rightHeight))

        let rightEnd = column(signing, x: middle, width: widths.right)
        let below = column(receiving, x: PageFlow.left, width: widths.left) + (receiving.isEmpty ? 0 : 8)
        draw(code, x: PageFlow.left, y: below, side: codeSide)
        let leftEnd = column(
            [StyledText("Mã tra cứu: \(content.verification.identifier)", size: 9.5)], x: PageFlow.left,
            width: widths.left, y: below + codeSide + 3)
        flow.y = max(rightEnd, leftEnd)
    }

    private func height(of texts: [StyledText], width: Double) -> Double {
        texts.reduce(0) { $0 + canvas.layout($1, width: width).height }
    }

    private func draw(_ code: QRCode, x: Double, y: Double, side: Double) {
        let square = side / Double(code.side)
        for stretch in code.stretches {
            canvas.fill(
                x: x + Double(stretch.start) * square, y: y + Double(stretch.row) * square,
                width: Double(stretch.length) * square, height: square)
        }
    }
}
