public import Contracts

/// What a kind of result document says beside its boxes, as a versioned template.
///
/// A version is never changed once a document was issued from it: a new wording is a new version.
public struct ResultTemplate: Hashable, Sendable {
    /// A fact with its label, ready to print.
    public struct Fact: Hashable, Sendable {
        public let label: String
        public let value: String
    }

    /// Name and version, kept in the file's properties.
    public let name: String
    /// The name of the document in capitals; nil takes the title of the request.
    public let title: String?
    /// The names of the request's fields and their labels, in the order of the page.
    let labels: [(field: String, label: String)]
    public let paragraphs: [String]
    /// To whom the document is addressed: the name of the request's field.
    public let addressee: String
    /// Whether each box hands the member on to the organisation of the next one, the last to the destination.
    public let isLetter: Bool

    /// The template of a kind of document.
    public init(documentType: String) {
        switch documentType {
        case "GGT":
            self.init(
                name: "official-transfer/1", title: "GIẤY GIỚI THIỆU\nCHUYỂN SINH HOẠT ĐẢNG CHÍNH THỨC",
                labels: [
                    ("memberName", "Đồng chí"), ("cardNumber", "Số thẻ đảng viên"), ("joinedOn", "Vào Đảng ngày"),
                    ("recognisedOn", "Chính thức ngày"), ("recognitionDueOn", "Hết thời gian dự bị ngày"),
                    ("enclosedFile", "Hồ sơ kèm theo"), ("fromOrganization", "Nơi chuyển đi"),
                    ("toOrganization", "Nơi chuyển đến"), ("reason", "Lý do"),
                    ("duesPaidThrough", "Đã đóng đảng phí đến hết tháng"), ("admittedOn", "Được tiếp nhận ngày"),
                    ("dossierCode", "Mã hồ sơ"),
                ],
                paragraphs: ["Được giới thiệu chuyển sinh hoạt đảng chính thức theo các ô dưới đây."])
        case "GGTTT":
            self.init(
                name: "temporary-transfer/1", title: "GIẤY GIỚI THIỆU\nCHUYỂN SINH HOẠT ĐẢNG TẠM THỜI",
                labels: [
                    ("memberName", "Đồng chí"), ("cardNumber", "Số thẻ đảng viên"), ("joinedOn", "Vào Đảng ngày"),
                    ("recognisedOn", "Chính thức ngày"), ("recognitionDueOn", "Hết thời gian dự bị ngày"),
                    ("enclosedFile", "Hồ sơ kèm theo"), ("fromOrganization", "Nơi sinh hoạt chính thức"),
                    ("toOrganization", "Nơi sinh hoạt tạm thời"), ("stayFrom", "Từ ngày"),
                    ("stayUntil", "Đến hết ngày"), ("reason", "Lý do"),
                    ("duesPaidThrough", "Đã đóng đảng phí đến hết tháng"), ("admittedOn", "Được tiếp nhận ngày"),
                    ("dossierCode", "Mã hồ sơ"),
                ],
                paragraphs: [
                    "Được giới thiệu chuyển sinh hoạt đảng tạm thời theo các ô dưới đây. "
                        + "Hết thời hạn, đảng viên trở về sinh hoạt tại tổ chức đảng nơi sinh hoạt chính thức."
                ])
        case "YKNX":
            self.init(
                name: "residence-opinion/1", title: "BẢN NHẬN XÉT\nCỦA CẤP UỶ NƠI CƯ TRÚ",
                labels: [
                    ("memberName", "Đồng chí"), ("cardNumber", "Số thẻ đảng viên"),
                    ("fromOrganization", "Chi bộ nơi công tác"), ("purpose", "Mục đích"),
                    ("dossierCode", "Mã hồ sơ"),
                ],
                paragraphs: ["Cấp uỷ nơi cư trú xác nhận ý kiến nhận xét dưới đây của chi bộ nơi cư trú."],
                addressee: "fromOrganization", isLetter: false)
        case "TB":
            self.init(
                name: "dues-objection/1", title: "THÔNG BÁO\nKẾT QUẢ GIẢI QUYẾT Ý KIẾN VỀ ĐẢNG PHÍ",
                labels: [
                    ("memberName", "Đồng chí"), ("fromOrganization", "Chi bộ"), ("duesMonth", "Kỳ đảng phí"),
                    ("reason", "Nội dung ý kiến"), ("dossierCode", "Mã hồ sơ"),
                ],
                paragraphs: [
                    "Cấp uỷ đã xem xét và chấp nhận ý kiến nêu trên của đồng chí. "
                        + "Chi bộ tính lại mức đóng của kỳ này và ghi rõ lý do."
                ],
                addressee: "memberName", isLetter: false)
        default:
            self.init(
                name: "general/1", title: nil, labels: [("memberName", "Đồng chí"), ("dossierCode", "Mã hồ sơ")],
                paragraphs: [])
        }
    }

    private init(
        name: String, title: String?, labels: [(field: String, label: String)], paragraphs: [String],
        addressee: String = "toOrganization", isLetter: Bool = true
    ) {
        self.name = name
        self.title = title
        self.labels = labels
        self.paragraphs = paragraphs
        self.addressee = addressee
        self.isLetter = isLetter
    }

    /// The facts that the request gives, in the order of the page.
    public func facts(of content: CaseResultRequested.Content) -> [Fact] {
        labels.compactMap { field, label in
            guard let value = content.fields[field], !value.isEmpty else { return nil }
            return Fact(label: label, value: value)
        }
    }

    /// The title as it is printed.
    public func title(of content: CaseResultRequested.Content) -> String { title ?? content.title.uppercased() }

    public static func == (left: ResultTemplate, right: ResultTemplate) -> Bool { left.name == right.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
