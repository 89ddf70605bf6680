import ArgumentParser
import Evidence
import Foundation
import Report
import Runs

/// `evidence sample`: pictures of what a model makes of its latents.
struct SampleCommand: ParsableCommand, IsolatedCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Draw pictures from MODEL: samples, reconstructions of DATA, and what single units do.",
    discussion: """
      Samples are drawn from the prior; reconstructions stand below their originals; a traversal moves one unit of z₁, the \
      most active ones of DATA, from −3 to 3. Every picture is the mean of p(x | z).

      Examples, on the digits in Sources/EvidenceCommand/Resources:
        evidence sample digits-iwae-2l.h5 digits-test.h5 -o samples.png
        evidence sample digits-iwae-2l.h5 -o samples.html
      """)

  @Argument(help: "The model (HDF5).", completion: .file())
  var model: String

  @Argument(help: "Data (HDF5), to be reconstructed.", completion: .file())
  var data: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The picture or the page.", valueName: "samples.png|html"))
  var output: String

  @OptionGroup var preparation: PreparationOptions

  @Option(help: ArgumentHelp("Samples, and reconstructions.", valueName: "n"))
  var count = 64

  @Option(help: ArgumentHelp("Units that are traversed.", valueName: "n"))
  var units = 8

  @OptionGroup var running: RunOptions
  @Flag(help: "Replace a file that is there.")
  var force = false
  @OptionGroup var isolation: IsolationOptions

  @Flag(name: .shortAndLong, help: "No warnings on standard error; errors remain.")
  var quiet = false

  var untrustedFiles: [String] { [model] + [data].compactMap(\.self) }

  private var isPage: Bool { output.lowercased().hasSuffix(".html") }

  func validate() throws {
    guard isPage || output.lowercased().hasSuffix(".png") else {
      throw ValidationError("--output: expected a name that ends in .png or .html, found \(output)")
    }
    if !(1...4096).contains(count) { throw ValidationError("--count: expected from 1 to 4096, found \(count)") }
    if !(0...256).contains(units) { throw ValidationError("--units: expected up to 256, found \(units)") }
  }

  func run() throws {
    Console.shared.configure(isQuiet: quiet, isVerbose: false)
    Interruption.shared.install()
    if !force, FileManager.default.fileExists(atPath: output) {
      throw CommandError(.cannotCreateOutput, "\(output): there is a file already; give another name to -o, or --force")
    }
    let run = try SampleRun(
      model: model, data: data.map { preparation.inputs(model: model, data: $0) }, count: count, units: units,
      evaluation: running.request, host: CommandHost())
    let pictures = try run.run()
    guard let page = PicturePage(pictures, shape: run.shape, name: run.name) else {
      throw CommandError(
        .invalidInput, "\(model): an example of shape \(run.shape) is no image: nothing to draw")
    }
    try AtomicFile.write(isPage ? Array(page.html().utf8) : page.png(), to: output, "the picture")
  }
}
