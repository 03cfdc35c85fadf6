import ConsoleDomain
import Contracts
import Testing

@Suite("What people call things")
struct WordsTests {
    @Test("every type of event and every topic of the suite has words of its own in both languages")
    func everything() {
        for payload in ContractsRegistry.all {
            let words = Words.of(type: payload.type)
            #expect(words.vietnamese != payload.type && words.english != payload.type, "\(payload.type)")
        }
        for topic in TopicCatalogue.all {
            let words = Words.of(topic: topic.name)
            #expect(words.vietnamese != topic.name && words.english != topic.name, "\(topic.name)")
        }
    }

    @Test("what is not known keeps its name")
    func unknown() {
        #expect(Words.of(type: "hoso.dossier.weighed.v9").english == "hoso.dossier.weighed.v9")
        #expect(Words.of(topic: "elsewhere").vietnamese == "elsewhere")
    }
}
