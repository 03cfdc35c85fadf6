public import Contracts
public import Foundation

extension RunningCase {
    /// A signed correction of a box (đính chính): it stands beside the box, which itself never changes.
    public struct BoxCorrection: Codable, Hashable, Sendable {
        public let box: Int
        public let text: String
        public let signerId: MemberID
        public let signerName: String
        public let signedAt: Date
    }

    /// A letter that became void before anybody admitted the member.
    public struct CancelledLetter: Codable, Hashable, Sendable {
        public let boxes: [FilledBox]
        public let corrections: [BoxCorrection]
        /// Why; absent where the applicant took the dossier back.
        public let reason: String?
        public let byMemberId: MemberID?
        /// The absent officer for whom that person stood in.
        public let forMemberId: MemberID?
        public let cancelledAt: Date
    }

    /// What an organisation wrote, with its corrections, as it is printed.
    func printedText(of box: FilledBox) -> String {
        let corrected = corrections.filter { $0.box == box.number }.map { "Đính chính: \($0.text) (\($0.signerName))" }
        return ([box.text] + corrected).joined(separator: "\n")
    }
}

extension ProcedureDefinition {
    /// How many boxes of the letter were filled on paper before the case began.
    func boxesFilled(before form: JSONValue) -> Int {
        guard let field = letter?.filledField, let value = form[field] else { return 0 }
        return max(0, value.string.flatMap(Int.init) ?? 0)
    }

    /// How many boxes a sheet of the letter has in a variant.
    func boxes(in variant: String?) -> Int {
        variants.first { $0.name == variant }?.boxes ?? letter?.boxes ?? 0
    }

    /// How many continuation sheets (tờ tiếp theo) a letter with so many filled boxes needs.
    public func continuationSheets(for filled: Int, in variant: String?) -> Int {
        let boxes = boxes(in: variant)
        return boxes > 0 ? max(0, (filled - 1) / boxes) : 0
    }
}
