import Evidence
import JSON
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

@Suite struct NLLTextTests {
  static let undefinedShape = CommandWords().words(.undefinedShape, samples: 5, output: nil)

  @Test func snapshot() throws {
    let run = try Executable.evidence.run(
      "nll", "digits-iwae-2l.h5", "digits-test.h5", "--samples", "500", "--examples", "0..40", "--threads", "2",
      in: Repository.path("Sources/EvidenceCommand/Resources"))
    #expect(run.status == 0)
    let timing = run.output.split(separator: "\n").last.map(String.init) ?? ""
    #expect(timing.hasSuffix(" draws/s, 2 threads"))
    // Digits differ in the last place between processors; the shape does not.
    let shape = run.output.replacing(/−?\d+\.\d+|\d+ examples?|\d+ of/) { match in
      match.output.contains(".") ? "#.#" : String(match.output)
    }
    #expect(
      shape.hasPrefix(
        """
        model      digits-iwae-2l.h5
                   Digits, two-layer IWAE
                   z1 16, z2 8 → x [64] bernoulli
        data       digits-test.h5:/images
                   40 examples of [8, 8], 0..40 of 599
                   divide by 16, binarize by threshold (model file)
        estimator  importance-sampling, K = 500, seed 0

        log p(x) = #.# ± #.# (data) ± ? (Monte Carlo: k̂ too high)  nats
        """))
    #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test func tablesLineUp() throws {
    let lines = try NLLJSONTests.digits("--samples", "500", "--examples", "..40").text.split(separator: "\n")
    let first = try #require(lines.firstIndex { $0.contains("median") })
    let table = lines[first..<first + 5]
    #expect(Set(table.map(\.count)).count == 1, "the last column ends in one place")
    let curve = try #require(lines.firstIndex { $0.hasPrefix("  K ") })
    #expect(lines[curve].count == lines[curve + 1].count)
  }

  @Test func sourcesOfSettingsAreSaid() throws {
    let text = try NLLJSONTests.digits("--samples", "5", "--examples", "..2", "--binarize", "bernoulli").text
    #expect(text.contains("divide by 16 (model file), binarize at random (command line)"))
  }

  @Test func warningsSayWhatToDo() {
    let few = UnsureEstimates(
      count: 200, unreliable: 12, threshold: 0.7, largestShape: 0.9, lowSampleSize: 3, saturated: 0)
    #expect(
      CommandWords().words(.unsure(few), samples: 5000, output: nil)
        == "12 of 200 examples have k̂ > 0.70, 3 of 200 examples have an effective sample size below 20: such estimates are "
        + "too low on average, and may be off by more than their errors; try --samples 50000")
    let one = UnsureEstimates(
      count: 2, unreliable: 1, threshold: 0.7, largestShape: 1.2, lowSampleSize: 0, saturated: 1)
    let words = CommandWords().words(.unsure(one), samples: 50, output: nil)
    #expect(words.contains("1 of 2 examples has k̂ > 0.70, 1 of 2 needs more draws"))
    #expect(words.contains("at k̂ ≥ 1, and the largest is 1.20"))
    let nonFinite = Concern.nonFiniteExamples(2, of: 9, first: [3, 4])
    #expect(
      CommandWords().words(nonFinite, samples: 50, output: nil)
        == "2 of 9 examples have an estimate that is not finite (example 3, 4), and so is not the mean; none was dropped; "
        + "--examples 3..4 evaluates it alone and says more; --output RESULTS.h5 keeps what every example yields")
    #expect(CommandWords().words(nonFinite, samples: 50, output: "r.h5").hasSuffix("says more"))
    #expect(Self.undefinedShape.contains("5 draws"))
  }

  @Test func fewDrawsAreSaidToHaveNoShape() throws {
    let outcome = try NLLJSONTests.digits("--samples", "5", "--examples", "..2")
    #expect(outcome.json["diagnostics"]?["paretoK"]?["max"] == .number(.nan) || outcome.summary.paretoK.maximum.isNaN)
    #expect(outcome.warningWords.contains(Self.undefinedShape))
  }
}
