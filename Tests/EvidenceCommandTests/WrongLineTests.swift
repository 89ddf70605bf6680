import Foundation
import TestSupport
import Testing
import Wording

@testable import EvidenceCommand

/// Command lines that somebody writes who means something else: each is answered with what was meant, and ends with the status of
/// wrong usage, or of a wrong file.
@Suite struct WrongLineTests {
  /// MODEL and DATA stand for the bundled files.
  static let lines: [(line: String, status: Int32, answer: String)] = [
    ("nl MODEL DATA", 64, "no command nl; did you mean: evidence nll MODEL DATA"),
    ("help nll2", 64, "no command nll2; did you mean: evidence help nll"),
    ("evaluate MODEL DATA", 64, "did you mean: evidence nll MODEL DATA"),
    ("inspct MODEL", 64, "did you mean: evidence inspect MODEL"),
    ("version", 64, "evidence --version"),
    ("MODEL DATA", 64, "to estimate a log-likelihood: evidence nll MODEL DATA"),
    ("frobnicate", 64, "there are: nll, train"),
    ("nll DATA MODEL", 65, "they were given in each other's place"),
    ("nll MODEL", 64, "a model and data are wanted: evidence nll MODEL DATA"),
    ("nll MODEL DATA --examples 0-100", 64, "did you mean: --examples 0..100, which takes 0 to 99"),
    ("nll MODEL DATA --examples 0:100", 64, "did you mean: --examples 0..100, which takes 0 to 99"),
    ("nll MODEL DATA --examples 100", 64, "--examples ..100 for the first 100"),
    ("nll MODEL DATA --samples 5k", 64, "did you mean: --samples 5000"),
    ("nll MODEL DATA --samples 1e4", 64, "did you mean: --samples 10000"),
    ("nll MODEL DATA --samples 5,000", 64, "did you mean: --samples 5000"),
    ("nll MODEL DATA --sampels 50", 64, "--samples"),
    ("nll MODEL DATA samples=50", 64, "an option is written --samples 50"),
    ("nll MODEL DATA --estimator ladde", 64, "did you mean: --estimator ladder"),
    ("nll MODEL DATA --estimator ais", 64, "did you mean: --estimator annealed"),
    ("nll MODEL DATA --binarize random", 64, "did you mean: --binarize bernoulli"),
    ("nll MODEL DATA --format tex", 64, "did you mean: --format latex"),
    ("nll MODEL DATA --resume", 64, "say which run to go on with: --output RESULTS.h5"),
    ("nll MODEL DATA --examples 0..1000", 64, "the dataset holds 599 examples"),
    ("nll MODEL DATA --dataset image", 65, "found in /: images"),
    ("compare MODEL DATA", 65, "to make results: evidence nll"),
    ("compare one.h5", 64, "two results or more are compared"),
    ("plot one.h5 -o figure.jpg", 64, "ends in .svg, .pdf or .png"),
  ]

  @Test(arguments: lines.indices)
  func eachIsAnsweredWithWhatWasMeant(index: Int) throws {
    let (line, status, answer) = Self.lines[index]
    func filled(_ text: String) -> String {
      text.replacing("MODEL", with: "digits-iwae-2l.h5").replacing("DATA", with: "digits-test.h5")
    }
    // What stands for something in an answer is left as it is.
    let expected = answer.contains("evidence nll MODEL DATA") && !line.contains("DATA") ? answer : filled(answer)
    let arguments = line.split(separator: " ").map { filled(String($0)) }
    let run = try Executable.evidence.run(arguments, in: Repository.path("Sources/EvidenceCommand/Resources"))
    #expect(run.status == status, "\(line): \(run.status) \(run.error)")
    #expect(run.error.contains(expected), "\(line): \(run.error)")
    #expect(run.output.isEmpty && run.error.split(separator: "\n").count <= 4)
  }

  @Test func thereAreTwenty() { #expect(Self.lines.count >= 20) }

  @Test func wordsThatAreFarFromAllAreNotGuessed() {
    #expect(Spelling.nearest(to: "xyzzy", among: WrongLine.commands) == nil)
    #expect(WrongLine.number("five") == nil && WrongLine.number("5000") == nil && WrongLine.number("0.5") == nil)
    #expect(WrongLine.number("2M") == "2000000" && WrongLine.number("5_000") == "5000")
  }

  @Test func rightLinesAreLeftAlone() {
    for line in [["nll", "a", "b"], ["--help"], ["help", "nll"], ["help"], ["--version"], []] {
      #expect(WrongLine.firstWord(of: line) == nil, "\(line)")
    }
  }
}
