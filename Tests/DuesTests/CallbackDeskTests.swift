import Contracts
import DuesDomain
import Foundation
import Logging
import Postgres
import Synchronization
import TestStack
import Testing

@testable import Dues

@Suite("The desk of the callbacks")
struct CallbackDeskTests {
    /// A book that refuses whatever holds a bad callback, and notes how many work in it at once.
    private final class Book: CallbackBook {
        private struct State {
            var inside = 0
            var mostInside = 0
            var calls: [Int] = []
            var kept = 0
            var isOpen = false
        }

        private let state = Mutex(State())
        private let fault: any Error

        init(fault: any Error) { self.fault = fault }

        var mostInside: Int { state.withLock(\.mostInside) }
        var calls: [Int] { state.withLock(\.calls) }
        var kept: Int { state.withLock(\.kept) }

        func open() { state.withLock { $0.isOpen = true } }

        func process(_ arrivals: [CallbackDesk.Arrival]) async throws -> [CallbackAnswer] {
            state.withLock { state in
                state.inside += 1
                state.mostInside = max(state.mostInside, state.inside)
                state.calls.append(arrivals.count)
            }
            defer { state.withLock { $0.inside -= 1 } }
            while !state.withLock(\.isOpen) { await Task.yield() }
            // Whoever else may come in has every chance to do so meanwhile.
            for _ in 0..<100 { await Task.yield() }
            if arrivals.contains(where: { $0.raw.bytes == [0] }) { throw fault }
            return arrivals.map { _ in .confirmed }
        }

        func keep(_ arrivals: [CallbackDesk.Arrival]) async { state.withLock { $0.kept += arrivals.count } }
    }

    private static func arrival(_ byte: UInt8) -> CallbackDesk.Arrival {
        CallbackDesk.Arrival(
            gateway: "vnpay", raw: RawCallback(bytes: [byte], receivedAt: Date()),
            reading: .refused(.unusable, reason: "test"))
    }

    /// Twenty callbacks, the first of them alone, the others in one batch with a bad one among them.
    private static func answers(_ book: Book) async throws -> [CallbackAnswer: Int] {
        let desk = CallbackDesk(
            booking: book, logger: Logger(label: "test"), transactions: 1, batch: 64, maximumWaiting: 100)
        return await withTaskGroup(of: CallbackAnswer.self) { group in
            group.addTask { await desk.receive(arrival(1)) }
            while book.calls.isEmpty { await Task.yield() }
            for number in 1..<20 { group.addTask { await desk.receive(arrival(number == 7 ? 0 : 1)) } }
            while await desk.waitingCount < 19 { await Task.yield() }
            book.open()
            return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
    }

    @Test("a batch that a bad callback failed is taken apart within the bound, and only the bad one is to be repeated")
    func apart() async throws {
        let book = Book(fault: PostgresError(.server, "bad", sqlState: .checkViolation))
        #expect(try await Self.answers(book) == [.confirmed: 19, .tryAgain: 1])
        #expect(book.mostInside == 1)
        #expect(book.calls == [1, 19] + Array(repeating: 1, count: 19))
        #expect(book.kept == 1)
    }

    @Test("a second transaction begins when as many wait as the first has, and not before")
    func second() async throws {
        let book = Book(fault: PostgresError(.server, "none"))
        let desk = CallbackDesk(
            booking: book, logger: Logger(label: "test"), transactions: 2, batch: 64, maximumWaiting: 100)
        await withTaskGroup(of: Void.self) { group in
            func come(_ count: Int) { for _ in 0..<count { group.addTask { _ = await desk.receive(Self.arrival(1)) } } }
            // One, and beside it one more: after them both places are taken.
            come(1)
            while book.calls.count < 1 { await Task.yield() }
            come(1)
            while book.calls.count < 2 { await Task.yield() }
            come(10)
            while await desk.waitingCount < 10 { await Task.yield() }
            book.open()
            // The ten go together as soon as one place is free; nobody waits for the other.
            await group.waitForAll()
        }
        #expect(book.calls == [1, 1, 10])
        #expect(book.mostInside == 2)

        let slow = Book(fault: PostgresError(.server, "none"))
        let again = CallbackDesk(
            booking: slow, logger: Logger(label: "test"), transactions: 2, batch: 4, maximumWaiting: 100)
        await withTaskGroup(of: Void.self) { group in
            func come(_ count: Int) {
                for _ in 0..<count { group.addTask { _ = await again.receive(Self.arrival(1)) } }
            }
            come(2)
            while slow.calls.count < 2 { await Task.yield() }
            come(6)
            while await again.waitingCount < 6 { await Task.yield() }
            slow.open()
            await group.waitForAll()
        }
        #expect(slow.calls.prefix(3) == [1, 1, 4])
        #expect(slow.calls.reduce(0, +) == 8)
    }

    @Test("a batch that is taken apart holds up nobody who comes meanwhile")
    func besideApart() async throws {
        let book = Book(fault: PostgresError(.server, "bad", sqlState: .checkViolation))
        let desk = CallbackDesk(
            booking: book, logger: Logger(label: "test"), transactions: 2, batch: 64, maximumWaiting: 100)
        await withTaskGroup(of: Void.self) { group in
            func come(_ bytes: [UInt8]) {
                for byte in bytes { group.addTask { _ = await desk.receive(Self.arrival(byte)) } }
            }
            come([1, 1])
            while book.calls.count < 2 { await Task.yield() }
            come(Array(repeating: 1, count: 19) + [0])
            while await desk.waitingCount < 20 { await Task.yield() }
            book.open()
            while book.calls.count < 4 { await Task.yield() }
            // The twenty have failed together; now they go one by one.
            come([1])
            await group.waitForAll()
        }
        #expect(book.calls.prefix(3) == [1, 1, 20])
        #expect(book.calls.reduce(0, +) == 43)
        #expect(book.mostInside == 2)
    }

    @Test("when the database is away nothing is tried one by one: all of the batch is to be repeated")
    func away() async throws {
        FaultRecord.note("D1", "the database away while callbacks are booked")
        let book = Book(fault: PostgresError(.connection, "away"))
        #expect(try await Self.answers(book) == [.confirmed: 1, .tryAgain: 19])
        #expect(book.calls == [1, 19])
        #expect(book.kept == 19)
    }
}
