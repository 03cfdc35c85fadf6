import Contracts
import Foundation
import Testing

@testable import RoutingDomain

/// A transfer whose member carries a paper file, as published.
struct CarriedFile {
    var one: PublishedCase

    /// The case from cell A1 to cell B1, at its first turn.
    init(enteredBy helper: MemberID? = nil, _ change: (inout TwoCommunes) -> Void = { _ in }) throws {
        one = try PublishedCase("official-transfer")
        change(&one.land)
        let (land, around) = (one.land, try one.around)
        let dossier = try land.country.dossier(
            of: land.member.memberId, to: land.cellB, received: land.communeA, enteredBy: helper)
        one.take(try CaseEngine.open(dossier, from: land.cellA, in: around))
    }

    /// The same with its letter issued.
    static func issued(_ change: (inout TwoCommunes) -> Void = { _ in }) throws -> CarriedFile {
        var file = try CarriedFile(change)
        try file.one.act("approve")
        return file
    }

    var sender: Officer { one.land.country.officer(one.land.baseA) }
    var receiver: Officer { one.land.country.officer(one.land.baseB) }
    var records: [PaperFile.Record] { get throws { try one.running.paperFile?.records ?? [] } }

    /// What a record says that is complete: by whoever sits at its side, today.
    func entry(_ state: PaperFileState, by officer: Officer? = nil, on day: String? = nil) throws -> PaperFileEntry {
        let isConfirmation = state == .policeConfirmed
        return PaperFileEntry(
            officer: officer ?? (state == .arrived ? receiver : sender), state: state,
            on: try day.map { try Day($0) } ?? Day(containing: one.now),
            text: state == .lost ? "Mất trên đường đi" : nil, reference: isConfirmation ? "15/XN-CAX" : nil,
            police: isConfirmation ? "Công an xã Mẫu A" : nil)
    }

    @discardableResult
    mutating func record(
        _ states: PaperFileState..., by officer: Officer? = nil, on day: String? = nil
    ) throws -> [CaseEvent] {
        var events: [CaseEvent] = []
        for state in states { events += try one.tell(.recordPaperFile(entry(state, by: officer, on: day))).events }
        return events
    }

    /// Why a record is refused; nil when it is taken.
    func refusal(_ entry: PaperFileEntry) throws -> Refusal? {
        do {
            _ = try CaseEngine.apply(.recordPaperFile(entry), to: one.running, in: one.around)
            return nil
        } catch let refusal as Refusal {
            return refusal
        }
    }

    func refusal(_ state: PaperFileState, by officer: Officer? = nil, on day: String? = nil) throws -> String? {
        try refusal(entry(state, by: officer, on: day))?.rule
    }

    /// What is offered to somebody.
    func offered(to officer: Officer) throws -> [PaperFileState] {
        try CaseEngine.paperFileStates(for: officer, in: one.running, around: one.around)
    }

    /// The receiving cell says that it is the wrong one.
    mutating func sendBack() throws {
        try one.carry(to: one.land.cellB)
        try one.act("return", text: "Không thuộc chi bộ")
    }
}
