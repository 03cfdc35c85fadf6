import TestStack
import Testing

@testable import Kafka

@Suite("Properties")
struct PropertyTests {
    private func refusal(_ properties: [String: String]) -> KafkaError? {
        let configuration = KafkaConfiguration(
            bootstrapServers: "127.0.0.1:1", clientID: "properties", properties: properties)
        do throws(KafkaError) {
            _ = try KafkaProducer(configuration, logger: Scene.quiet)
        } catch {
            return error
        }
        return nil
    }

    @Test("an unknown property is refused by its name")
    func unknown() throws {
        let error = try #require(refusal(["no.such.thing": "1"]))
        #expect(error.code == .configuration)
        #expect(error.message.contains("no.such.thing"))
    }

    @Test(
        "what would break a guarantee is refused by its name",
        arguments: [
            "acks", "request.required.acks", "enable.idempotence", "message.timeout.ms", "delivery.timeout.ms",
            "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset", "partitioner", "group.id",
            "partition.assignment.strategy", "transactional.id", "bootstrap.servers", "client.id", "retries",
            "queue.buffering.max.messages", "test.mock.num.brokers",
        ])
    func reserved(name: String) throws {
        let error = try #require(refusal([name: "1"]))
        #expect(error.code == .configuration)
        #expect(error.message.contains(name))
        #expect(throws: KafkaError.self) {
            try KafkaConsumer(
                KafkaConfiguration(bootstrapServers: "127.0.0.1:1", clientID: "properties", properties: [name: "1"]),
                groupID: "g", topics: ["t"], startOffset: { _ in .beginning }, logger: Scene.quiet)
        }
    }

    @Test("a refused value is named, a secret is not shown")
    func values() throws {
        #expect(try #require(refusal(["security.protocol": "none"])).message.contains("security.protocol"))
        let secret = try #require(refusal(["security.protocol": "ssl", "ssl.key.pem": "geheim"]))
        #expect(!secret.description.contains("geheim"))
    }

    @Test("a known property of the other kind of client is accepted")
    func otherKind() {
        #expect(refusal(["session.timeout.ms": "6000"]) == nil)
    }

    @Test("durations become whole milliseconds, never less than asked")
    func durations() {
        #expect(Duration.milliseconds(1_500).milliseconds == 1_500)
        #expect(Duration.microseconds(1).milliseconds == 1)
        #expect(Duration.seconds(-1).milliseconds == 0)
        #expect(Duration.seconds(Int64.max / 2).milliseconds == .max)
    }

    @Test("errors tell their name, and whether trying again can help")
    func errors() {
        #expect(KafkaError(.messageTooLarge).code.name == "MSG_SIZE_TOO_LARGE")
        #expect(!KafkaError(.messageTooLarge).isRetriable)
        #expect(KafkaError(.transport).isRetriable)
        #expect(KafkaError(.fatal).isFatal)
        #expect(KafkaError(.offsetOutOfRange).code.name == "OFFSET_OUT_OF_RANGE")
    }
}
