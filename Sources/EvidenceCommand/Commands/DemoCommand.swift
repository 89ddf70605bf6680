import ArgumentParser
import Foundation
import Runs

/// `evidence demo`: the other commands on the files that come with this one.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Run nll and units on the model and the images that come with the command.",
    discussion: """
      The model is an IWAE with two stochastic layers, the data 599 images of handwritten digits that it was not trained \
      on (UCI, CC BY 4.0). Nothing is downloaded or written.
      """)

  @OptionGroup var sampling: SamplingOptions
  @OptionGroup var running: RunOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    output.start()
    let model = try BundledSample.path(of: "digits-iwae-2l.h5")
    let data = try BundledSample.path(of: "digits-test.h5")
    let host = CommandHost()
    let inputs = InputsRequest(model: model, data: data)
    var nll = NLLRequest(inputs: inputs)
    nll.options = EstimatorOptions(samples: sampling.samples)
    var units = UnitsRequest(inputs: inputs)
    (nll.evaluation, units.evaluation) = (running.request, running.request)
    try output.print(DemoOutcome(nll: NLLRun(nll, host: host).run(), units: UnitsRun(units, host: host).run()))
  }
}

/// The files that come with the command.
enum BundledSample {
  /// Where a file is: beside the executable, or where the package was built.
  static func path(of name: String) throws -> String {
    // Not Bundle.module: where the bundle was moved away, that ends the process.
    let bundle = "evidence_EvidenceCommand.resources"
    let executable = URL(filePath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
    let places =
      [Bundle.main.bundleURL, Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()]
      .compactMap(\.self) + [executable.deletingLastPathComponent()]
    for place in places {
      let file = place.appending(path: bundle).appending(path: "Resources").appending(path: name)
      if FileManager.default.fileExists(atPath: file.path(percentEncoded: false)) {
        return file.path(percentEncoded: false)
      }
    }
    throw CommandError(
      .noInput,
      """
      \(name), which comes with the command, is not beside it
      expected the folder \(bundle) in \(places.first?.path(percentEncoded: false) ?? ""); copy it there from the build folder
      """)
  }
}
