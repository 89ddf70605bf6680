import ArgumentParser
import Evidence
import Foundation
import Report
import Runs
import Wording

/// `evidence plot`: a drawing of the report alone, for a paper.
struct PlotCommand: ParsableCommand, IsolatedCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw one figure of results, for a paper, with its numbers beside it.",
    discussion: """
      Figures: curve (L_k over k, of several results too), pareto (effective sample size and k̂), histogram (estimates of single \
      examples); of what `evidence units --format json` printed, units (A_u of every unit) and spectrum (principal directions). \
      The name of -o says the format: .svg, .pdf or .png; the last two are made by rsvg-convert (librsvg2-bin). The numbers go \
      to a file of the same name that ends in .csv.

      Examples, on the digits in Sources/EvidenceCommand/Resources:
        evidence nll digits-iwae-2l.h5 digits-test.h5 --output iwae.h5
        evidence plot iwae.h5 --figure curve -o curve.svg
        evidence nll digits-iwae-2l.h5 digits-test.h5 --estimator laplace --output laplace.h5
        evidence plot iwae.h5 laplace.h5 --figure curve -o both.svg
        evidence units digits-iwae-2l.h5 digits-test.h5 --format json > units.json
        evidence plot units.json --figure units --layer 1 -o units.svg
      """)

  @Argument(
    help: ArgumentHelp("Results of `evidence nll --output`, or the JSON of `evidence units`.", valueName: "results"),
    completion: .file())
  var files: [String]

  @Option(help: ArgumentHelp("What is drawn: curve, pareto, histogram, units or spectrum.", valueName: "name"))
  var figure = PlotKind.curve

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The picture: .svg, .pdf or .png.", valueName: "figure.svg"),
    completion: .file())
  var output: String

  @Option(help: ArgumentHelp("The stochastic layer that units and spectrum draw.", valueName: "l"))
  var layer = 1

  @Option(help: ArgumentHelp("Millimetres on paper: 86 for a column, 178 for a page.", valueName: "mm"))
  var width = 86.0

  @Flag(help: "Replace files that are there.")
  var force = false

  @OptionGroup var isolation: IsolationOptions

  @Flag(name: .shortAndLong, help: "Nothing on standard error but errors.")
  var quiet = false

  var untrustedFiles: [String] { files }

  private var format: String { URL(filePath: output).pathExtension.lowercased() }
  private var table: String { URL(filePath: output).deletingPathExtension().relativePath + ".csv" }

  func validate() throws {
    guard ["svg", "pdf", "png"].contains(format) else {
      throw ValidationError("--output: expected a name that ends in .svg, .pdf or .png, found \(output)")
    }
    if files.count > 1, figure != .curve {
      throw ValidationError(
        "--figure \(figure.rawValue): of one file at a time, found \(files.count); curve takes several")
    }
    guard width >= 20, width <= 1000 else { throw ValidationError("--width: expected from 20 to 1000, found \(width)") }
    if layer < 1 { throw ValidationError("--layer: expected at least 1, found \(layer)") }
  }

  func run() throws {
    Console.shared.configure(isQuiet: quiet, isVerbose: false)
    Interruption.shared.install()
    try requireVacant(output)
    let plot = try PlotRun(figure, of: files, layer: layer, words: CommandWords()).run()
    let svg = plot.svg(width: width)
    let numbers = [UInt8]((plot.table.csv + "\n").utf8)
    // The same figure in another format has the same numbers.
    if FileManager.default.contents(atPath: table).map({ [UInt8]($0) }) != numbers { try requireVacant(table) }
    let picture = format == "svg" ? [UInt8](svg.utf8) : try PictureConverter.convert(svg, to: format)
    try AtomicFile.write(picture, to: output, "the picture")
    try AtomicFile.write(numbers, to: table, "the numbers")
    Console.shared.say("written: \(output), and its numbers in \(table)")
  }

  private func requireVacant(_ path: String) throws {
    guard !force, FileManager.default.fileExists(atPath: path) else { return }
    throw CommandError(.cannotCreateOutput, "\(path): there is a file already; give another name to -o, or --force")
  }
}

extension PlotKind: ExpressibleByArgument {}
