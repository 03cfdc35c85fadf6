public import Foundation

/// Everything that stands on a result document, in reading order; rendering adds nothing and looks nothing up.
///
/// The same content always gives the same bytes. Texts are plain: nothing in them is read as markup.
public struct DocumentContent: Sendable, Hashable, Codable {
    /// Which template made it, with its version, for example "official-transfer/1"; kept in the file's properties.
    public var template: String
    /// Who issues it.
    public var issuer: Issuer
    /// Number and symbol in the issuer's register (số và ký hiệu), for example "12-GGT/ĐU".
    public var number: String
    /// Place and date line, for example "Xã Mẫu, ngày 20 tháng 11 năm 2026".
    public var placeAndDate: String
    /// The document's name, in capitals (tên loại văn bản); a line break is kept.
    public var title: String
    /// What it is about, under the title (trích yếu).
    public var subtitle: String?
    /// To whom it is addressed (kính gửi).
    public var addressee: String?
    /// Labelled facts about the holder, above the text.
    public var facts: [Fact]
    /// The text, one entry for each paragraph.
    public var paragraphs: [String]
    /// Rows under the text, for example what a receipt is for.
    public var table: Table?
    /// The numbered boxes, one for each hop.
    public var boxes: [Box]
    /// The text after the boxes.
    public var closing: [String]
    /// Who signs.
    public var signature: Signature
    /// Who receives it (nơi nhận).
    public var recipients: [String]
    /// How anybody can check it.
    public var verification: Verification
    /// The moment that the file states as its creation.
    public var createdAt: Date

    public init(
        template: String, issuer: Issuer, number: String, placeAndDate: String, title: String, subtitle: String? = nil,
        addressee: String? = nil, facts: [Fact] = [], paragraphs: [String] = [], table: Table? = nil,
        boxes: [Box] = [], closing: [String] = [], signature: Signature, recipients: [String] = [],
        verification: Verification, createdAt: Date
    ) {
        self.template = template
        self.issuer = issuer
        self.number = number
        self.placeAndDate = placeAndDate
        self.title = title
        self.subtitle = subtitle
        self.addressee = addressee
        self.facts = facts
        self.paragraphs = paragraphs
        self.table = table
        self.boxes = boxes
        self.closing = closing
        self.signature = signature
        self.recipients = recipients
        self.verification = verification
        self.createdAt = createdAt
    }
}

extension DocumentContent {
    /// The issuing body as the head of the page names it.
    public struct Issuer: Sendable, Hashable, Codable {
        /// The body above it, in capitals.
        public var superior: String?
        /// Its own name, in capitals.
        public var name: String

        public init(superior: String? = nil, name: String) {
            self.superior = superior
            self.name = name
        }
    }

    /// One labelled fact, for example "Họ và tên".
    public struct Fact: Sendable, Hashable, Codable {
        public var label: String
        public var value: String

        public init(_ label: String, _ value: String) {
            self.label = label
            self.value = value
        }
    }

    /// Rows with a head; a long one goes on over the page.
    public struct Table: Sendable, Hashable, Codable {
        public struct Column: Sendable, Hashable, Codable {
            public var title: String
            /// Its part of the width, against the other columns.
            public var share: Double
            /// Whether it holds figures, which stand at the right.
            public var isFigure: Bool

            public init(_ title: String, share: Double, isFigure: Bool = false) {
                self.title = title
                self.share = share
                self.isFigure = isFigure
            }
        }

        public var columns: [Column]
        /// The texts of each row, one for each column.
        public var rows: [[String]]

        public init(columns: [Column], rows: [[String]]) {
            self.columns = columns
            self.rows = rows
        }
    }

    /// One numbered box: who introduces the member to whom, with what words, and who signed it when.
    public struct Box: Sendable, Hashable, Codable {
        /// Its number on the form; boxes of hops that a case skips are left out, the others keep their numbers.
        public var number: Int
        /// Who writes it.
        public var from: String
        /// To whom.
        public var to: String?
        /// The words.
        public var content: String
        /// Place and date.
        public var placeAndDate: String
        /// The signer's position, in capitals.
        public var role: String
        /// The signer.
        public var signer: String
        /// How it was signed, for example "Ký số ngày 20/11/2026 09:15"; a correction is noted here too.
        public var note: String?

        public init(
            number: Int, from: String, to: String? = nil, content: String, placeAndDate: String, role: String,
            signer: String, note: String? = nil
        ) {
            self.number = number
            self.from = from
            self.to = to
            self.content = content
            self.placeAndDate = placeAndDate
            self.role = role
            self.signer = signer
            self.note = note
        }
    }

    /// The signature block.
    public struct Signature: Sendable, Hashable, Codable {
        /// On whose behalf, for example "T/M BAN THƯỜNG VỤ".
        public var authority: String?
        /// The signer's position, in capitals.
        public var role: String
        /// What stands where a pen would write, for example "(Đã ký số)".
        public var note: String
        /// The signer.
        public var name: String

        public init(authority: String? = nil, role: String, note: String = "(Đã ký số)", name: String) {
            self.authority = authority
            self.role = role
            self.note = note
            self.name = name
        }
    }

    /// How the document can be checked by anyone.
    public struct Verification: Sendable, Hashable, Codable {
        /// The short random identifier, which says nothing about the holder.
        public var identifier: String
        /// The page's address with the identifier, as the QR code holds it.
        public var address: String

        public init(identifier: String, address: String) {
            self.identifier = identifier
            self.address = address
        }
    }
}
