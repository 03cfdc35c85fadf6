public import Foundation

/// The introduction letter of a transfer (giấy giới thiệu chuyển sinh hoạt đảng), as a versioned template.
///
/// A version is never changed once a letter was issued from it: a new wording is a new version.
public struct TransferLetter: Sendable, Hashable, Codable {
    /// Official: ten boxes at most. Temporary: eight.
    public enum Kind: String, Sendable, Codable {
        case official
        case temporary
    }

    public static let version = 1

    public var kind: Kind
    public var issuer: DocumentContent.Issuer
    public var number: String
    /// Where it is issued, for example "Xã Mẫu".
    public var place: String
    /// When it is issued.
    public var issuedAt: Date
    public var addressee: String
    public var memberName: String
    public var otherNames: String?
    public var dateOfBirth: String
    public var hometown: String
    /// Day of admission, and of recognition as a full member; nil while probationary.
    public var admittedOn: String
    public var recognizedOn: String?
    public var cardNumber: String?
    /// The last month for which dues are paid, for example "11/2026".
    public var duesPaidThrough: String
    public var enclosedFile: [String]
    public var boxes: [DocumentContent.Box]
    public var signature: DocumentContent.Signature
    public var recipients: [String]
    public var verification: DocumentContent.Verification

    public init(
        kind: Kind, issuer: DocumentContent.Issuer, number: String, place: String, issuedAt: Date, addressee: String,
        memberName: String, otherNames: String? = nil, dateOfBirth: String, hometown: String, admittedOn: String,
        recognizedOn: String? = nil, cardNumber: String? = nil, duesPaidThrough: String, enclosedFile: [String] = [],
        boxes: [DocumentContent.Box], signature: DocumentContent.Signature, recipients: [String] = [],
        verification: DocumentContent.Verification
    ) {
        self.kind = kind
        self.issuer = issuer
        self.number = number
        self.place = place
        self.issuedAt = issuedAt
        self.addressee = addressee
        self.memberName = memberName
        self.otherNames = otherNames
        self.dateOfBirth = dateOfBirth
        self.hometown = hometown
        self.admittedOn = admittedOn
        self.recognizedOn = recognizedOn
        self.cardNumber = cardNumber
        self.duesPaidThrough = duesPaidThrough
        self.enclosedFile = enclosedFile
        self.boxes = boxes
        self.signature = signature
        self.recipients = recipients
        self.verification = verification
    }

    /// The letter as it is printed.
    public var content: DocumentContent {
        DocumentContent(
            template: "\(kind.rawValue)-transfer/\(Self.version)", issuer: issuer, number: number,
            placeAndDate: "\(place), \(officialDate(issuedAt))", title: title, addressee: addressee, facts: facts,
            paragraphs: paragraphs, boxes: boxes, signature: signature, recipients: recipients,
            verification: verification, createdAt: issuedAt)
    }

    private var title: String {
        switch kind {
        case .official: "GIẤY GIỚI THIỆU\nCHUYỂN SINH HOẠT ĐẢNG CHÍNH THỨC"
        case .temporary: "GIẤY GIỚI THIỆU\nCHUYỂN SINH HOẠT ĐẢNG TẠM THỜI"
        }
    }

    private var facts: [DocumentContent.Fact] {
        [
            .init("Đồng chí", memberName), otherNames.map { .init("Tên gọi khác", $0) },
            .init("Ngày sinh", dateOfBirth), .init("Quê quán", hometown), .init("Vào Đảng ngày", admittedOn),
            .init("Chính thức ngày", recognizedOn ?? "đang trong thời gian dự bị"),
            cardNumber.map { .init("Số thẻ đảng viên", $0) },
            .init("Đã đóng đảng phí đến hết tháng", duesPaidThrough),
            enclosedFile.isEmpty ? nil : .init("Hồ sơ kèm theo", enclosedFile.joined(separator: "; ")),
        ].compactMap(\.self)
    }

    private var paragraphs: [String] {
        switch kind {
        case .official:
            ["Được giới thiệu chuyển sinh hoạt đảng chính thức theo các ô dưới đây."]
        case .temporary:
            [
                "Được giới thiệu chuyển sinh hoạt đảng tạm thời theo các ô dưới đây. "
                    + "Hết thời hạn, đảng viên trở về sinh hoạt tại tổ chức đảng nơi sinh hoạt chính thức."
            ]
        }
    }
}

/// A date as official documents write it, in Vietnam's own time: days below 10 and the months 1 and 2 with a zero.
public func officialDate(_ date: Date) -> String {
    var calendar = Calendar(identifier: .gregorian)
    // Viet Nam has had +07:00 all year since 1975.
    calendar.timeZone = TimeZone(secondsFromGMT: 7 * 3600) ?? .gmt
    let parts = calendar.dateComponents([.year, .month, .day], from: date)
    let day = parts.day ?? 0
    let month = parts.month ?? 0
    return "ngày \(day < 10 ? "0" : "")\(day) tháng \(month < 3 ? "0" : "")\(month) năm \(parts.year ?? 0)"
}
