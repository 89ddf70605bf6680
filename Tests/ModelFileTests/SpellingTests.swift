import Testing
import Wording

@Suite struct SpellingTests {
  @Test(arguments: [
    ("log_varaince", "log_variance"), ("logvar", "log_variance"), ("LogVariance", "log_variance"), ("men", "mean"),
    ("log-scale", "log_scale"), ("meen", "mean"),
  ])
  func nearest(name: String, expected: String) {
    #expect(Spelling.nearest(to: name, among: ["mean", "log_variance", "log_scale", "scale"]) == expected)
  }

  @Test func nothingNear() {
    #expect(Spelling.nearest(to: "dropout", among: ["mean", "log_variance"]) == nil)
    #expect(Spelling.nearest(to: "", among: ["mean"]) == nil)
    #expect(Spelling.nearest(to: "mean", among: [String]()) == nil)
    #expect(Spelling.suggestion(for: "meam", among: ["mean"]) == "; did you mean mean?")
  }

  @Test func distance() {
    #expect(Spelling.distance(Array("kitten"), Array("sitting")) == 3)
    #expect(Spelling.distance(Array("piror"), Array("prior")) == 1)
    #expect(Spelling.distance([], Array("abc")) == 3)
  }
}
