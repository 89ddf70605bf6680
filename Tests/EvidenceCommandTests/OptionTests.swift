import ArgumentParser
import Evidence
import JSON
import Models
import Runs
import Testing

@testable import EvidenceCommand

@Suite struct OptionTests {
  @Test func defaults() throws {
    let command = try NLLCommand.parse(["model.h5", "data.h5"])
    #expect(command.sampling.samples == 5000)
    #expect(command.estimator.entry.name == "importance-sampling")
    #expect(command.running.seed == 0)
    #expect(command.running.threads == nil)
    #expect(command.request.inputs.dataset == nil)
    #expect(command.request.inputs.examples == nil)
    #expect(command.request.inputs.preparation.binarize == nil)
    #expect(command.request.inputs.preparation.divideBy == nil)
    #expect(command.output.format == .text)
    #expect(command.replicates == 1)
    #expect(!command.allErrors && !command.results.resume)
  }

  @Test func everyOptionOfTheInterface() throws {
    let command = try NLLCommand.parse([
      "model.h5", "data.h5", "--dataset", "test/images", "--samples", "50", "--estimator", "elbo", "--seed", "7",
      "--examples", "100..200", "--threads", "3", "--binarize", "bernoulli", "--divide-by", "255", "--output", "r.h5",
      "--resume", "--format", "json", "--quiet", "--all-errors", "--replicates", "4",
    ])
    #expect(command.request.inputs.dataset == "test/images")
    #expect(command.sampling.samples == 50)
    #expect(command.estimator.entry.name == "elbo")
    #expect(command.running.seed == 7)
    #expect(command.request.inputs.examples == ExampleRange("100..200"))
    #expect(command.running.threads == 3)
    #expect(command.request.inputs.preparation.binarize == .bernoulli)
    #expect(command.request.inputs.preparation.divideBy == 255)
    #expect(command.results.output == "r.h5" && command.results.resume)
    #expect(command.output.format == .json && command.output.console.quiet)
    #expect(command.allErrors && command.replicates == 4)
  }

  @Test(
    arguments: [
      ["--samples", "0"], ["--samples", "-3"], ["--samples", "many"], ["--samples", "4294967297"], ["--threads", "0"],
      ["--divide-by", "0"],
      ["--divide-by", "nan"], ["--examples", "5"], ["--examples", "9..3"], ["--examples", "-1..3"],
      ["--binarize", "grey"],
      ["--estimator", "magic"], ["--resume"], ["--replicates", "0"], ["--seed", "-1"], ["--quiet", "--verbose"],
      ["--format", "xml"], ["--no-such-option"],
    ])
  func refused(options: [String]) throws {
    let error = try #require(throws: (any Error).self) { try NLLCommand.parse(["model.h5", "data.h5"] + options) }
    #expect(NLLCommand.exitCode(for: error).rawValue == 64)
  }

  @Test func helpTeaches() {
    let help = NLLCommand.helpMessage(columns: 80)
    for word in [
      "--samples", "--output", "--resume", "Examples, on the digits", "evidence nll digits-iwae-2l.h5",
      "(default: 5000)",
    ] {
      #expect(help.contains(word), "\(word)")
    }
    #expect(help.split(separator: "\n").allSatisfy { $0.count <= 80 })
    #expect(RootCommand.helpMessage(columns: 80).contains("evidence demo"))
  }

  @Test func estimatorsHaveALineEach() {
    let lines = EstimatorsOutcome().text(in: CommandWords()).split(separator: "\n")
    #expect(lines.count == EstimatorCatalog.all.count)
    #expect(lines.allSatisfy { $0.count <= 80 })
    #expect(lines.first?.hasPrefix("importance-sampling  ") == true)
  }
}
