import ServiceKit

/// What of the figures from Vietnam Social Security is for those who run the suite to decide.
enum FigureSettings {
    static let all = [
        Setting(
            "directory.figures.months", .int, default: "6", range: 1...24,
            help: "Figures of so many months back are taken and told to the other services."),
        Setting(
            "directory.figures.missingFromDay", .int, default: "20", range: 1...28,
            help: "The day of the month from which whoever has no figure of the month before is listed."),
        Setting(
            "directory.figures.sourceUrl", .url,
            help: "Where Vietnam Social Security is asked for figures; absent: only files are taken in."),
        Setting("directory.figures.sourceToken", isSecret: true, help: "The bearer token that it asks for."),
        Setting(
            "directory.figures.timeout", .duration, default: "15s",
            help: "How long the question about one member may take."),
    ]
}
