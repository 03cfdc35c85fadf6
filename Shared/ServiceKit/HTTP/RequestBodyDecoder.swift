import Contracts
import Foundation
import HTTPTypes
public import Hummingbird
import NIOCore

/// Decodes JSON bodies and turns what is wrong with one into a problem that names field and rule.
public struct RequestBodyDecoder: RequestDecoder {
    // Making one costs more than reading a small body with it; it is not changed after it is made.
    private static let decoder = ContractsJSON.decoder

    /// Reads and decodes the body of a request.
    public func decode<T: Decodable>(
        _ type: T.Type, from request: Request, context: some RequestContext
    ) async throws -> T {
        // Nothing is unpacked here, so no small body can become a large one.
        if let coding = request.headers[.contentEncoding], coding.lowercased() != "identity" {
            throw Problem.unsupportedMediaType
        }
        let buffer = try await request.body.collect(upTo: context.maxUploadSize)
        return try Self.decode(type, from: buffer, contentType: request.headers[.contentType])
    }

    /// Decodes a body that was read before.
    public static func decode<T: Decodable>(
        _ type: T.Type, from buffer: ByteBuffer, contentType: String? = nil
    ) throws -> T {
        if let contentType, !isJSON(contentType) { throw Problem.unsupportedMediaType }
        guard buffer.readableBytes > 0 else {
            throw Problem.malformedBody.with(vietnamese: "Không có nội dung.", english: "There is no body.")
        }
        do {
            return try decoder.decode(type, from: Data(buffer.readableBytesView))
        } catch let error as DecodingError {
            if case .dataCorrupted = error, let fault = JSONFault.first(in: Array(buffer.readableBytesView)) {
                throw Problem.malformed(at: fault)
            }
            throw Problem(decoding: error)
        } catch let invalid as InvalidValue {
            throw Problem.invalidFields.with(errors: [FieldError(invalid)])
        }
    }

    private static func isJSON(_ contentType: String) -> Bool {
        let media = contentType.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
        return media == "application/json" || (media.hasPrefix("application/") && media.hasSuffix("+json"))
    }
}

extension Problem {
    /// The problem of a body that does not decode: the field's path and one of the rules `missing`, `wrong-type`,
    /// `malformed`.
    init(decoding error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context):
            self = Self.field(context.codingPath + [key], "missing", "Thiếu trường này.", "This field is missing.")
        case .valueNotFound(_, let context):
            self = Self.field(context.codingPath, "missing", "Trường này không được để trống.", "This field is empty.")
        case .typeMismatch(let type, let context):
            let name = Self.jsonName(of: type)
            self = Self.field(
                context.codingPath, "wrong-type", "Trường này phải là \(name.vietnamese).",
                "This field must be \(name.english).")
        case .dataCorrupted(let context):
            self = Self.field(
                context.codingPath, "malformed", "Giá trị không đúng định dạng.", "The value is malformed.")
        @unknown default: self = .malformedBody
        }
    }

    private static func field(
        _ path: [any CodingKey], _ rule: String, _ vietnamese: String, _ english: String
    ) -> Problem {
        let field = path.reduce("") { text, key in
            if let index = key.intValue { return text + "[\(index)]" }
            return text.isEmpty ? key.stringValue : text + "." + key.stringValue
        }
        return invalidFields.with(errors: [
            FieldError(field: field.isEmpty ? "$" : field, rule: rule, vietnamese: vietnamese, english: english)
        ])
    }

    static func malformed(at fault: JSONFault) -> Problem {
        malformedBody.with(
            vietnamese: "Lỗi tại dòng \(fault.line), cột \(fault.column).",
            english: "At line \(fault.line), column \(fault.column).")
    }

    private static func jsonName(of type: any Any.Type) -> LocalizedText {
        switch type {
        case is String.Type: LocalizedText(vietnamese: "chuỗi ký tự", english: "a text")
        case is Bool.Type: LocalizedText(vietnamese: "true hoặc false", english: "true or false")
        case is any BinaryInteger.Type: LocalizedText(vietnamese: "số nguyên", english: "a whole number")
        case is any BinaryFloatingPoint.Type: LocalizedText(vietnamese: "số", english: "a number")
        case is [Any].Type: LocalizedText(vietnamese: "danh sách", english: "a list")
        case is [String: Any].Type: LocalizedText(vietnamese: "đối tượng", english: "an object")
        default: LocalizedText(vietnamese: "kiểu khác", english: "of another type")
        }
    }
}
