import Contracts
import ServiceKit
import SigningDomain

/// The verification as a page for people, without scripts.
struct VerificationPage {
    let html: String

    init(_ verification: Verification) {
        let isGood = verification.intact && verification.inForce
        self.init(
            sign: isGood ? "✓" : "✗", color: isGood ? "#14622e" : "#9b1c1c", text: verification.text,
            rows: [
                ("Mã tra cứu · Code", verification.verificationId.text),
                ("Có trong hệ thống · Exists", Self.word(verification.exists)),
                ("Nguyên vẹn · Intact", Self.word(verification.intact)),
                ("Hiệu lực · In force", Self.word(verification.inForce)),
            ])
    }

    init(_ problem: Problem) {
        self.init(sign: "?", color: "#7a4b00", text: problem.detail ?? problem.title, rows: [])
    }

    private init(sign: String, color: String, text: LocalizedText, rows: [(String, String)]) {
        let table = rows.map { "<tr><th>\(Self.escaped($0.0))</th><td>\(Self.escaped($0.1))</td></tr>" }.joined()
        html = """
            <!doctype html>
            <html lang="vi">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <title>Tra cứu kết quả · Verify a result</title>
            <style>
            body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 3rem auto; padding: 0 1rem; color: #1c1c1c }
            h1 { font-size: 1.1rem; font-weight: 600 }
            .sign { font-size: 3rem; line-height: 1; color: \(color) }
            .text { font-size: 1.25rem; margin: .5rem 0 }
            .english { color: #555 }
            th { text-align: left; font-weight: 400; padding-right: 1.5rem; color: #555 }
            </style>
            </head>
            <body>
            <h1>Tra cứu kết quả giải quyết thủ tục</h1>
            <p class="sign" aria-hidden="true">\(sign)</p>
            <p class="text">\(Self.escaped(text.vietnamese))</p>
            <p class="english" lang="en">\(Self.escaped(text.english))</p>
            <table>\(table)</table>
            </body>
            </html>

            """
    }

    private static func word(_ value: Bool) -> String { value ? "có · yes" : "không · no" }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
