import Foundation
import TestStack
import Testing

@testable import ServiceKit

@Suite("The audit chain")
struct AuditChainTests {
    func row(_ number: Int, transaction: UInt64? = nil, action: String = "done") -> AuditRow {
        let id = UUID(uuidString: "019aa1b2-c3d4-7abc-8def-\(String(format: "%012x", number))") ?? UUID()
        return AuditRow(
            id: id, transaction: transaction ?? UInt64(number), at: Date(timeIntervalSince1970: Double(number)),
            action: action, subject: "s", actor: "operator:test", details: "{}", traceparent: nil)
    }

    /// Three seals over nine rows.
    func chain() -> (rows: [[AuditRow]], seals: [AuditSeal]) {
        let rows = [(1...3).map { row($0) }, (4...6).map { row($0) }, (7...9).map { row($0) }]
        var seals: [AuditSeal] = []
        for batch in rows { seals.append(.make(of: batch, after: seals.last)) }
        return (rows, seals)
    }

    func faults(_ seals: [AuditSeal], _ rows: [[AuditRow]]) -> [AuditFault] {
        var previous: AuditSeal?
        var all: [AuditFault] = []
        let flat = rows.flatMap { $0 }
        for seal in seals {
            let covered = flat.filter {
                $0.transaction >= seal.fromTransaction && $0.transaction < seal.beforeTransaction
            }
            all += AuditChain.faults(of: seal, after: previous, rows: covered)
            previous = seal
        }
        return all
    }

    @Test("an untouched chain has no fault")
    func untouched() {
        let (rows, seals) = chain()
        #expect(faults(seals, rows).isEmpty)
        #expect(seals.map(\.total) == [3, 6, 9])
        #expect(AuditChain.faults(of: seals, against: seals.map(anchor)).isEmpty)
    }

    func anchor(_ seal: AuditSeal) -> AuditAnchor {
        AuditAnchor(number: seal.number, total: seal.total, hash: seal.hash)
    }

    @Test("an edited row is named, whichever field was edited")
    func edited() {
        let edits: [(String, (inout AuditRow) -> Void)] = [
            ("action", { $0.action = "other" }), ("subject", { $0.subject = "t" }), ("actor", { $0.actor = "x" }),
            ("details", { $0.details = "{ }" }), ("at", { $0.at += 0.000_001 }), ("trace", { $0.traceparent = "00" }),
        ]
        for (name, edit) in edits {
            var (rows, seals) = chain()
            edit(&rows[1][1])
            #expect(faults(seals, rows) == [.rowChanged(id: rows[1][1].id, seal: 2)], "\(name)")
        }
    }

    @Test("text moved from one field to the next is an edit")
    func shifted() {
        var left = row(1)
        var right = row(1)
        (left.subject, left.actor) = ("ab", "c")
        (right.subject, right.actor) = ("a", "bc")
        #expect(left.digest != right.digest)
    }

    @Test("a removed row is named")
    func removed() {
        var (rows, seals) = chain()
        let gone = rows[0].remove(at: 1)
        #expect(faults(seals, rows) == [.rowMissing(id: gone.id, seal: 1)])
    }

    @Test("an inserted row is named")
    func inserted() {
        var (rows, seals) = chain()
        rows[2].append(row(99, transaction: 8))
        #expect(faults(seals, rows) == [.rowAdded(id: row(99).id, seal: 3)])
    }

    @Test("rows in another order are named")
    func reordered() {
        var (rows, seals) = chain()
        rows[1].swapAt(0, 2)
        #expect(faults(seals, rows) == [.reordered(seal: 2)])
    }

    @Test("two rows that exchanged their transactions are both named")
    func exchanged() {
        var (rows, seals) = chain()
        (rows[1][0].transaction, rows[1][2].transaction) = (rows[1][2].transaction, rows[1][0].transaction)
        rows[1].sort(by: AuditChain.isInOrder)
        #expect(faults(seals, rows).count == 2)
    }

    @Test("an edited seal is named, and so is one whose hash was made to fit")
    func editedSeal() {
        var (rows, seals) = chain()
        rows[1][0].action = "other"
        seals[1].rowDigests[0] = rows[1][0].digest
        #expect(faults(seals, rows) == [.sealChanged(number: 2)])
        seals[1].hash = seals[1].computedHash
        #expect(faults(seals, rows) == [.chainBroken(number: 3)])
        #expect(AuditChain.faults(of: seals, against: chain().seals.map(anchor)) == [.forked(number: 2)])
    }

    @Test("a seal removed from the middle is named")
    func missingSeal() {
        var (rows, seals) = chain()
        seals.remove(at: 1)
        #expect(faults(seals, rows).contains(.sealMissing(number: 2)))
    }

    @Test("a cut tail shows against the anchors only, and there it shows")
    func cutTail() {
        FaultRecord.note("A1", "the tail of a chain cut off")
        let (rows, seals) = chain()
        #expect(faults(Array(seals.dropLast()), Array(rows.dropLast())).isEmpty)
        #expect(
            AuditChain.faults(of: Array(seals.dropLast()), against: seals.map(anchor)) == [.cutOff(number: 3)])
    }

    @Test("a fork after a restore is named from where it parts")
    func fork() {
        FaultRecord.note("A1", "a chain forked after a restore")
        let (rows, seals) = chain()
        let other = AuditSeal.make(of: [row(70)], after: seals[1])
        #expect(faults([seals[0], seals[1], other], [rows[0], rows[1], [row(70)]]).isEmpty)
        #expect(
            AuditChain.faults(of: [seals[0], seals[1], other], against: seals.map(anchor)) == [.forked(number: 3)])
    }
}
