import Contracts

/// What a later revision of the population says of one member: for most, the same.
struct Revision {
    private let country: MadeUpCountry
    private var random: Randomness

    init(_ country: MadeUpCountry, area: Int, unit: Int, number: Int) {
        self.country = country
        let place = UInt64(area) << 40 | UInt64(unit) << 20 | UInt64(number)
        random = Randomness(seed: country.seed &+ place &* 0xD6E8_FEB8_6659_FD93 &+ UInt64(country.revision))
    }

    func tell(_ member: MadeUpMember, to listener: inout some MadeUpCountry.Listener) throws {
        var random = random
        guard country.revision > 1, random.happens(country.rates.changed, outOf: 100_000) else {
            return try listener.member(member)
        }
        var changed = member
        switch random.number(in: 1...10) {
        case 1: return
        case 2:
            // Somebody whom the first revision does not have.
            var newcomer = member
            newcomer.sourceId += "N"
            newcomer.personalId = nil
            newcomer.fullName += " B"
            try listener.member(member)
            changed = newcomer
        case 3...4: changed.cellCode = changed.residenceCellCode ?? changed.cellCode
        case 5: changed.cardNumber = changed.cardNumber.map { $0 + "A" }
        case 6: changed.birthDate = changed.birthDate.adding(days: 1)
        case 7: changed.state = changed.state == .official ? .exemptFromActivity : .official
        default: break
        }
        // Renamed, and so is whoever would have moved to where he is.
        if changed == member { changed.fullName += " A" }
        try listener.member(changed)
    }
}
