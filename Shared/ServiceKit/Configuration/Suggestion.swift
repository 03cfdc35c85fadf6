/// Finds what somebody probably meant.
enum Suggestion {
    /// The candidate nearest to a name, when it is near enough to be a slip of the hand.
    static func nearest(to name: String, among candidates: [String]) -> String? {
        let lowered = name.lowercased()
        let ranked = candidates.map { (candidate: $0, distance: distance(lowered, $0.lowercased())) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(2, name.count / 4) ? best.candidate : nil
    }

    /// The number of single-letter changes between two texts (Levenshtein).
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (line, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in right.indices {
                let substituted = diagonal + (letter == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(substituted, row[column] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
