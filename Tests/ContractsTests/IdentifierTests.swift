import Contracts
import Foundation
import TestSeed
import Testing

@Suite("Identifiers")
struct IdentifierTests {
    static let moment = Date(millisecondsSince1970: 1_795_136_523_456)

    @Test("an id bears its millisecond, version 7 and the variant of RFC 9562")
    func form() throws {
        let id = UUIDv7.make(at: Self.moment, random: (0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF))
        #expect(id.time == Self.moment)
        #expect(id.description.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-7fff-bfff-ffffffffffff/) != nil)
        #expect(UUIDv7(id.description) == id)
        #expect(UUIDv7(id.description.uppercased()) == id)
        #expect(UUIDv7(id.uuid) == id)
        #expect(UUIDv7(bytes: id.bytes) == id)
        #expect(try ContractsJSON.decode([UUIDv7].self, from: ContractsJSON.encode([id])) == [id])
    }

    @Test(
        "what is not a UUID of version 7 is refused",
        arguments: [
            "", "x", "019a9ef0-0001-4000-8000-000000000001", "019a9ef0-0001-7000-0000-000000000001",
            "019a9ef0-0001-7000-8000-00000000000", "019a9ef000017000800000000000000100000",
            "{019a9ef0-0001-7000-8000-0000000000}", "019a9ef0-0001-7000-8000-00000000000g",
        ])
    func refused(text: String) {
        #expect(UUIDv7(text) == nil)
        #expect(MemberID(text) == nil)
        #expect(throws: (any Error).self) {
            try ContractsJSON.decode([MemberID].self, from: ContractsJSON.encode([text]))
        }
    }

    @Test("ids sort by time, then by their random bits, as their text and bytes do")
    func order() {
        var generator = SeededGenerator(seed: 7)
        let ids = (0..<500).map { _ in
            UUIDv7.make(
                at: Self.moment.addingTimeInterval(Double.random(in: 0...2, using: &generator)),
                random: (generator.next(), generator.next()))
        }
        let sorted = ids.sorted()
        #expect(sorted.map(\.description) == ids.map(\.description).sorted())
        #expect(sorted.map(\.time) == ids.map(\.time).sorted())
    }

    @Test("a moment before 1970 or far ahead makes an id all the same")
    func extremes() {
        for date in [Date.distantPast, .distantFuture, Date(timeIntervalSince1970: 1e15)] {
            #expect(UUIDv7(UUIDv7.make(at: date, random: (1, 2)).description) != nil)
        }
    }

    @Test("within one process and millisecond ids only grow, also from many tasks")
    func monotone() async {
        let source = SystemIDSource()
        let one = (0..<10_000).map { _ in source.next(at: Self.moment) }
        #expect(zip(one, one.dropFirst()).allSatisfy { $0 < $1 })
        let all = await withTaskGroup(of: [UUIDv7].self) { group in
            for _ in 0..<4 { group.addTask { (0..<2_000).map { _ in source.next(at: Self.moment) } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(all).count == 8_000)
        #expect(all.allSatisfy { $0.time == Self.moment })
    }

    @Test("the source for tests gives the same ids for the same seed")
    func sequential() {
        let ids = { (seed: UInt64) in
            let source = SequentialIDSource(seed: seed)
            return (0..<100).map { _ in source.next(at: Self.moment) }
        }
        #expect(ids(1) == ids(1))
        #expect(Set(ids(1) + ids(2)).count == 200)
        #expect(ids(3) == ids(3).sorted())
        let source: any IDSource = SequentialIDSource()
        let member: MemberID = source.next(at: Self.moment)
        let plain = source.next(at: Self.moment)
        #expect(member.value < plain && member == MemberID(member.description))
    }

    @Test("the manual clock moves only when told, the system's gives whole milliseconds")
    func clocks() {
        let manual = ManualTimeSource(Self.moment)
        #expect(manual.now == Self.moment)
        manual.advance(by: 1.5)
        #expect(manual.now == Self.moment.addingTimeInterval(1.5))
        manual.set(Self.moment)
        #expect(manual.now == Self.moment)
        let now = SystemTimeSource().now
        #expect(now == Date(millisecondsSince1970: now.millisecondsSince1970))
        #expect(RFC3339.moment(of: RFC3339.text(of: now)) == now)
    }
}
