public import Contracts

/// What a supplement finds when it comes to its case.
public enum SupplementStanding: Hashable, Sendable {
    /// A turn waits for it.
    case awaited
    /// Meanwhile the body asked for more.
    case askedAgain
    /// Meanwhile somebody acted.
    case passed

    /// - Parameter newestRequest: the newest request for a supplement, by its number among the events of the case.
    public init(_ event: DossierSupplemented, of running: RunningCase, newestRequest: Int64?) {
        guard running.turns.contains(where: \.isWaiting) else {
            self = .passed
            return
        }
        self = (newestRequest ?? 0) > event.requestSequence ? .askedAgain : .awaited
    }

    /// What the thread of the case says of it.
    public func text(of event: DossierSupplemented) -> String {
        let (number, fields, files) = (event.number, event.changedFields.count, event.attachments.count)
        let what = (
            vietnamese: "Bổ sung lần \(number): \(fields) mục của biểu mẫu, \(files) tệp.",
            english: "Supplement \(number): \(fields) fields of the form, \(files) files."
        )
        let standing: (vietnamese: String, english: String) =
            switch self {
            case .awaited: ("", "")
            case .askedAgain:
                (" Hồ sơ vẫn chờ bổ sung theo yêu cầu mới.", " The dossier still waits for what was asked for since.")
            case .passed:
                (
                    " Bổ sung đến sau khi bước đã được xử lý; hồ sơ tiếp tục như hiện tại.",
                    " It came after somebody had acted; the case goes on as it stands."
                )
            }
        return "\(what.vietnamese)\(standing.vietnamese)\n\(what.english)\(standing.english)"
    }
}
