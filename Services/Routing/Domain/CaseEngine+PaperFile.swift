public import Contracts

/// The sealed paper file goes beside the way: what is recorded of it is nobody's turn, changes none, and makes no
/// decision of another officer stale.
extension CaseEngine {
    /// What this person may record of the paper file now, in the order of the words.
    public static func paperFileStates(
        for officer: Officer, in running: RunningCase, around: Circumstances
    ) -> [PaperFileState] {
        let draft = Draft(running, in: around)
        return PaperFileState.allCases.filter { state in
            do {
                _ = try draft.paperFileDesk(for: state, officer)
                return true
            } catch {
                return false
            }
        }
    }
}

extension Draft {
    /// Records what became of the paper file.
    mutating func recordPaperFile(_ entry: PaperFileEntry) throws(Refusal) {
        let (organization, seat) = try paperFileDesk(for: entry.state, entry.officer)
        try checkDay(of: entry)
        let text = try BoxText.checked(entry.text)
        if entry.state == .lost, text == nil { throw .textMissing }
        let (reference, police) = try confirmation(of: entry)
        var file = running.paperFile ?? PaperFile()
        file.records.append(
            PaperFile.Record(
                state: entry.state, on: entry.on, organizationId: organization, seat: seat,
                byMemberId: entry.officer.memberId, byName: entry.officer.fullName,
                forMemberId: around.staffing.principal(of: entry.officer.memberId, at: seat), text: text,
                reference: reference, police: police, recordedAt: around.now))
        running.paperFile = file
        emit(
            .paperFileRecorded(
                CasePaperFileRecorded(
                    dossierId: running.dossierId, memberId: running.memberId, state: entry.state, on: entry.on,
                    organizationId: organization, reference: reference, police: police, recordedAt: around.now)))
    }

    /// The organisation for which a person may record it now, and the seat that he holds for that.
    ///
    /// - Throws: `Refusal`, first of the person, then of the moment.
    func paperFileDesk(
        for state: PaperFileState, _ officer: Officer
    ) throws(Refusal) -> (organization: OrganizationID, seat: Seat) {
        guard let rule = definition.paperFile else { throw .noPaperFile }
        try checkPerson(officer)
        let seats = around.staffing.seats(of: officer.memberId)
        for desk in rule.desks(for: state) {
            for organization in organizations(at: desk.at) {
                let wanted = Seat(organizationId: organization, role: desk.role)
                guard let seat = seating(wanted).seat, seats.contains(seat) else { continue }
                try checkOrder(of: state, at: organization)
                return (organization, seat)
            }
        }
        throw .paperFileNotYours
    }

    private func checkOrder(of state: PaperFileState, at organization: OrganizationID) throws(Refusal) {
        let last = running.paperFile?.records.last
        guard PaperFileState.following(last?.state).contains(state) else {
            throw .paperFileOrder(last?.state, state)
        }
        switch state {
        case .handedOver, .reissued:
            guard !running.boxes.isEmpty else { throw .paperFileWithoutLetter }
        case .arrived:
            // What arrived here arrives no second time.
            guard last?.state != .arrived || last?.organizationId != organization else {
                throw .paperFileOrder(last?.state, state)
            }
        case .returned:
            guard isPaperFileDueBack else { throw .paperFileNotDueBack }
        case .lost, .policeConfirmed: break
        }
    }

    /// Whether the file goes back to the sending side: its letter is void, or was wrongly addressed.
    private var isPaperFileDueBack: Bool {
        guard running.admittedOn == nil else { return false }
        guard running.cancelledLetters.isEmpty else { return true }
        let issued = running.done.last { $0.box == 1 }?.number ?? 0
        let readdressing = definition.step(at: .readdressing)?.name
        return running.turns.contains { $0.place == .readdressing && $0.number > issued }
            || running.done.contains { $0.step == readdressing && $0.number > issued }
    }

    private func checkDay(of entry: PaperFileEntry) throws(Refusal) {
        let first = running.paperFile?.records.last?.on ?? Day(containing: running.openedAt)
        guard entry.on >= first, entry.on <= Day(containing: around.now) else { throw .paperFileDay }
    }

    /// Number and police of a confirmation; nothing else bears them.
    private func confirmation(
        of entry: PaperFileEntry
    ) throws(Refusal) -> (reference: String?, police: String?) {
        guard entry.state == .policeConfirmed else {
            if entry.reference != nil { throw .paperFileStray("reference") }
            if entry.police != nil { throw .paperFileStray("police") }
            return (nil, nil)
        }
        return (try Self.line(entry.reference, "reference"), try Self.line(entry.police, "police"))
    }

    /// One line, as numbers and names are written.
    private static func line(_ text: String?, _ field: String) throws(Refusal) -> String {
        guard let line = try? BoxText.checked(text), line.count <= longestLine, !line.contains("\n") else {
            throw .paperFileLine(field, longestLine)
        }
        return line
    }

    private static let longestLine = 200
}

extension Circumstances {
    /// Whether the file has been with the member for longer than the letter may take to be presented.
    public func isPaperFileOverdue(_ running: RunningCase) -> Bool {
        guard let records = running.paperFile?.records, let last = records.last,
            let given = records.last(where: { [.handedOver, .reissued].contains($0.state) })
        else { return false }
        switch last.state {
        case .arrived, .returned: return false
        case .handedOver, .reissued, .lost, .policeConfirmed: return isPresentationLate(running, since: given.on.start)
        }
    }
}

extension Refusal {
    static let noPaperFile = Refusal(
        .conflict, "paper-file-none", vietnamese: "Thủ tục này không có hồ sơ giấy giao cho đảng viên.",
        english: "In this procedure no paper file is carried.")
    static let paperFileNotYours = Refusal(
        .forbidden, "paper-file-not-yours",
        vietnamese: "Đồng chí không giữ vai trò ghi nhận việc này của hồ sơ giấy.",
        english: "You do not hold the role that records this of the paper file.")
    static let paperFileWithoutLetter = Refusal(
        .conflict, "paper-file-letter", field: "state",
        vietnamese: "Chưa có giấy giới thiệu còn hiệu lực: ô 1 phải được ký trước khi giao hồ sơ giấy.",
        english: "There is no letter in force: box 1 is signed before the paper file is handed over.")
    static let paperFileNotDueBack = Refusal(
        .conflict, "paper-file-not-due-back", field: "state",
        vietnamese: "Giấy giới thiệu còn hiệu lực và đúng địa chỉ: hồ sơ giấy không phải trả lại.",
        english: "The letter is in force and rightly addressed: the paper file does not go back.")
    static let paperFileDay = Refusal(
        .invalid, "paper-file.day", field: "on",
        vietnamese: "Ngày phải từ ngày mở hồ sơ và lần ghi trước đến hôm nay.",
        english: "The day must lie between the opening of the case, or the record before, and today.")

    static func paperFileOrder(_ last: PaperFileState?, _ state: PaperFileState) -> Refusal {
        Refusal(
            .conflict, "paper-file-order", field: "state",
            vietnamese: last.map { "Không ghi được \(state.rawValue) sau \($0.rawValue)." }
                ?? "Chưa giao hồ sơ giấy nên không ghi được \(state.rawValue).",
            english: last.map { "\(state.rawValue) cannot follow \($0.rawValue)." }
                ?? "\(state.rawValue) needs a handover before it.")
    }

    static func paperFileStray(_ field: String) -> Refusal {
        Refusal(
            .invalid, "field.unknown", field: field, vietnamese: "Chỉ xác nhận của công an có dữ liệu này.",
            english: "Only a police confirmation bears this.")
    }

    static func paperFileLine(_ field: String, _ longest: Int) -> Refusal {
        Refusal(
            .invalid, "paper-file.line", field: field,
            vietnamese: "Phải ghi một dòng, không quá \(longest) ký tự.",
            english: "One line of at most \(longest) characters is needed.")
    }
}
