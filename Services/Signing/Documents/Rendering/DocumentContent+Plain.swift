extension DocumentContent {
    /// The same content with every text made plain.
    var plain: DocumentContent {
        var copy = self
        copy.template = plainText(template)
        copy.issuer = Issuer(superior: issuer.superior.map { plainText($0) }, name: plainText(issuer.name))
        copy.number = plainText(number)
        copy.placeAndDate = plainText(placeAndDate)
        copy.title = plainText(title, keepingLines: true)
        copy.subtitle = subtitle.map { plainText($0) }
        copy.addressee = addressee.map { plainText($0) }
        copy.facts = facts.map { Fact(plainText($0.label), plainText($0.value)) }
        copy.paragraphs = paragraphs.map { plainText($0) }
        copy.table = table?.plain
        copy.boxes = boxes.map(\.plain)
        copy.closing = closing.map { plainText($0) }
        copy.signature = Signature(
            authority: signature.authority.map { plainText($0) }, role: plainText(signature.role),
            note: plainText(signature.note), name: plainText(signature.name))
        copy.recipients = recipients.map { plainText($0) }
        copy.verification = Verification(
            identifier: plainText(verification.identifier), address: plainText(verification.address))
        return copy
    }
}

extension DocumentContent.Table {
    fileprivate var plain: DocumentContent.Table {
        DocumentContent.Table(
            columns: columns.map { Column(plainText($0.title), share: $0.share, isFigure: $0.isFigure) },
            rows: rows.map { row in row.map { plainText($0) } })
    }
}

extension DocumentContent.Box {
    fileprivate var plain: DocumentContent.Box {
        DocumentContent.Box(
            number: number, from: plainText(from), to: to.map { plainText($0) }, content: plainText(content),
            placeAndDate: plainText(placeAndDate), role: plainText(role), signer: plainText(signer),
            note: note.map { plainText($0) })
    }
}
