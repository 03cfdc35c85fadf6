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

    /// Whether the member carries a paper file: to another committee than the one that keeps it now.
    public static func carriesPaperFile(in running: RunningCase, around: Circumstances) -> Bool {
        let draft = Draft(running, in: around)
        guard let rule = around.definition.paperFile else { return false }
        return running.paperFile != nil
            || draft.organizations(at: rule.handedOverBy.at) != draft.organizations(at: rule.receivedBy.at)
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
        try checkPerson(officer)
        guard let rule = definition.paperFile, CaseEngine.carriesPaperFile(in: running, around: around) else {
            throw .noPaperFile
        }
        let seats = around.staffing.seats(of: officer.memberId)
        // Nobody stands above a body outside that hangs under nothing: who handed the file over hears that it arrived.
        let isReceiverMissing = !running.cellIds.isEmpty && organizations(at: rule.receivedBy.at).isEmpty
        let desks = state == .arrived && isReceiverMissing ? [rule.handedOverBy] : rule.desks(for: state)
        for desk in desks {
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
            guard last?.state != .arrived || last.map(successor(of:)) != around.tree.successor(of: organization)?.id
            else {
                throw .paperFileOrder(last?.state, state)
            }
        case .returned:
            // One that was lost goes back wherever it turns up.
            guard last?.state == .lost || last?.state == .policeConfirmed || isPaperFileDueBack else {
                throw .paperFileNotDueBack
            }
        case .lost:
            // What arrived at the right side is no longer with the member.
            guard last?.state != .arrived || !(last.map(isAtItsPlace) ?? false) else {
                throw .paperFileOrder(last?.state, state)
            }
        case .policeConfirmed: break
        }
    }

    /// Whether the file goes back to the sending side: its letter is void, or was wrongly addressed.
    private var isPaperFileDueBack: Bool {
        guard running.admittedOn == nil, let since = running.paperFile?.lastHandOver?.recordedAt else { return false }
        if running.cancelledLetters.contains(where: { $0.cancelledAt >= since }) { return true }
        let issued = running.done.last { $0.box == 1 }?.number ?? 0
        let readdressing = definition.step(at: .readdressing)?.name
        return running.turns.contains { $0.place == .readdressing && $0.number > issued && $0.enteredAt >= since }
            || running.done.contains { $0.step == readdressing && $0.number > issued && $0.enteredAt >= since }
    }

    private func successor(of record: PaperFile.Record) -> OrganizationID {
        around.tree.successor(of: record.organizationId)?.id ?? record.organizationId
    }

    /// Whether the file arrived at the committee that is to have it.
    private func isAtItsPlace(_ record: PaperFile.Record) -> Bool {
        definition.paperFile.map { organizations(at: $0.receivedBy.at).contains(successor(of: record)) } ?? false
    }

    private func checkDay(of entry: PaperFileEntry) throws(Refusal) {
        let file = running.paperFile
        var first = file?.records.last?.on ?? Day(containing: running.openedAt)
        switch (entry.state, file?.records.last?.state) {
        // Nothing is handed over before its letter is issued.
        case (.handedOver, _), (.reissued, _):
            first = max(first, running.boxes.first.map { Day(containing: $0.signedAt) } ?? first)
        // What was found had arrived before somebody else reported it lost.
        case (.arrived, .lost), (.arrived, .policeConfirmed): first = file?.lastHandOver?.on ?? first
        default: break
        }
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
        guard let last = running.paperFile?.records.last, last.state == .handedOver || last.state == .reissued else {
            return false
        }
        return isPresentationLate(running, since: last.on.start)
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
        vietnamese: "Ngày phải từ ngày cấp giấy giới thiệu, hoặc lần ghi trước, đến hôm nay.",
        english: "The day must lie between the issue of the letter, or the record before, and today.")

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
