import Evidence
import Foundation
import LinearAlgebra
import Statistics
import Wording

extension UnitsOutcome {
  /// The report for people, within 80 columns.
  package func text(in words: any RunWords) -> String {
    isShown ? "\n" + ending(in: words) : headerLines.joined(separator: "\n") + "\n\n" + body(in: words)
  }

  /// What is known before the ablation.
  func beginning(in words: any RunWords) -> String {
    ([headerLines] + units.layers.map { lines($0, words) }).map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  /// The report without what it is about.
  package func body(in words: any RunWords) -> String {
    units.layers.map { lines($0, words).joined(separator: "\n") + "\n\n" }.joined() + ending(in: words)
  }

  /// The ablation, the files and the time.
  private func ending(in words: any RunWords) -> String {
    var sections: [[String]] = []
    if let ablation { sections.append(lines(ablation)) }
    if let latents { sections.append(["posterior means and scales: \(latents)"]) }
    if let output {
      let ablated = ablation == nil ? [] : ["log-likelihoods of the ablation: \(Self.ablationPath(output))"]
      sections.append(["posteriors of every example: \(output)"] + ablated)
    }
    sections.append([timing])
    return sections.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  private var headerLines: [String] {
    var table = TextTable([.left, .left], indentation: "")
    for line in inputs.header { table.add([line.label, line.words]) }
    return table.lines
  }

  private func lines(_ layer: LayerUnits, _ words: any RunWords) -> [String] {
    let count = layer.activeUnits.count
    let threshold = Text.plain(layer.threshold)
    let head = "z\(layer.layer): \(count) of \(Text.counted(layer.units, "unit")) active (A_u > \(threshold))"
    return [head] + UnitBars(layer, isComplete: showsAllUnits, words).lines + [""]
      + sentences(layer).flatMap { sentence in
        Text.wrapped(sentence, width: 76).enumerated().map { ($0 == 0 ? "  " : "    ") + $1 }
      }
  }

  /// What the numbers of a layer say.
  private func sentences(_ layer: LayerUnits) -> [String] {
    [
      method(layer), undecided(layer), divergence(layer), directions(layer), UnitWords.agreement(layer),
      information(layer),
    ].compactMap(\.self)
  }

  private func method(_ layer: LayerUnits) -> String? {
    guard let oneDraw = layer.oneDrawVariances else { return nil }
    let active = oneDraw.count { $0 > layer.threshold }
    return "A_u from two chains of \(Text.counted(units.draws, "draw")) each, free of the draws' noise; "
      + "by one draw, as the paper's code has it, \(Text.counted(active, "unit")) would be active."
  }

  private func undecided(_ layer: LayerUnits) -> String? {
    let units = layer.undecidedUnits
    guard !units.isEmpty else { return nil }
    let list = units.prefix(8).map(String.init).joined(separator: ", ") + (units.count > 8 ? ", …" : "")
    let factor = Text.plain(DiagnosticThresholds.undecidedStandardErrors)
    return "Undecided (?), within \(factor) standard errors of the threshold: unit \(list)."
  }

  private func divergence(_ layer: LayerUnits) -> String {
    guard !layer.divergence.isNaN || layer.nonFiniteExamples > 0 else {
      return "KL has no closed form for this posterior and prior."
    }
    var text = "KL \(UnitWords.value(layer.divergence, layer.divergenceStandardError)) nats"
    if layer.isDivergenceSampled { text += " (by draws)" }
    guard layer.collapseShares.contains(where: { !$0.isNaN }) else { return text + "." }
    let count = layer.collapsedUnits.count
    let verb = count == 1 ? "is" : "are"
    let epsilon = Text.plain(DiagnosticThresholds.collapseDivergence)
    let percent = Text.plain(100 - 100 * DiagnosticThresholds.collapseShare)
    return text + "; \(count) of \(Text.counted(layer.units, "unit")) \(verb) collapsed: KL below \(epsilon) nats on "
      + "\(percent) % of examples."
  }

  private func directions(_ layer: LayerUnits) -> String {
    let directions = layer.directions
    var text = "Principal directions above \(Text.plain(layer.threshold)): \(layer.activeDirections)"
    if layer.activeDirections > 0 {
      let most = (directions.cumulativeShares.firstIndex { $0 >= 0.95 } ?? 0) + 1
      text +=
        "; 95 % of the variance in \(most); participation ratio \(Text.significant(directions.participationRatio, 3))"
    }
    return text + "."
  }

  private func information(_ layer: LayerUnits) -> String? {
    guard let information = layer.information else { return nil }
    let name = "I(x; z\(layer.layer))"
    let limit = "log N = \(Text.fixed(information.limit, 2))"
    var text: String
    if information.isAtLimit {
      text =
        "\(name) ≥ \(Text.fixed(information.mutualInformation, 2)) nats: at its limit "
        + "\(limit), a draw tells its example and the truth may be more"
    } else {
      text =
        "\(name) = \(UnitWords.value(information.mutualInformation, information.standardError)) nats (limit \(limit); "
        + "at most about \(Text.fixed(information.upperEstimate, 2)) for other examples)"
    }
    if let marginal = information.marginalDivergence {
      let of = information.isMarginalOfAllLayers ? "(q(z) ‖ p(z)) of all layers" : "(q(z) ‖ p(z))"
      let sign = information.isAtLimit ? "≤" : "="
      text += "; KL\(of) \(sign) \(UnitWords.value(marginal, information.marginalStandardError ?? .nan)) nats"
    }
    return text + "."
  }

  private func lines(_ ablation: AblationSummary) -> [String] {
    let count = Text.counted(ablation.examples, "example")
    var lines = ["ablation: L_K at K = \(Text.count(ablation.samples)) on \(count)"]
    if ablation.removed == 0 {
      lines.append("  no unit is inactive: nothing to remove; NLL \(Text.fixed(ablation.nll, 3)) nats")
    } else {
      lines.append("  without the \(Text.counted(ablation.removed, "inactive unit"))")
      let nll = "NLL \(Text.fixed(ablation.nll, 3)) → \(Text.fixed(ablation.change.nll, 3)) nats"
      lines.append("    \(nll), difference \(UnitWords.change(ablation.change)) (paired)")
    }
    guard ablation.sweepExamples > 0 else { return lines }
    for single in ablation.singles {
      let unit = "z\(single.unit.layer) unit \(single.unit.unit) (A_u \(UnitBars.number(single.unit.variance)))"
      lines.append("  without \(unit) alone: \(UnitWords.change(single.change))")
    }
    lines += [
      "", "  keeping the units of largest A_u, on the first \(Text.counted(ablation.sweepExamples, "example"))",
    ]
    var table = TextTable([.right, .right, .right], indentation: "  ")
    table.add(["kept", "NLL", "difference"])
    for point in ablation.sweep {
      table.add([String(point.kept), Text.fixed(point.change.nll, 2), UnitWords.change(point.change)])
    }
    return lines + table.lines
  }

  private var timing: String {
    "\(Text.duration(seconds)), \(Text.count(Int(Double(units.examples) / max(seconds, 1e-9)))) examples/s, "
      + Text.counted(inputs.events.threads ?? threads, "thread")
      + (ablationSeconds.map { "; ablation \(Text.duration($0))" } ?? "")
  }
}

/// Wording about units.
enum UnitWords {
  /// What the comparison of units and directions means.
  static func agreement(_ layer: LayerUnits) -> String {
    let agreement = layer.agreement
    let units = "\(Text.counted(agreement.units, "active unit"))"
    let directions = "\(Text.counted(agreement.directions, "active direction"))"
    switch agreement.verdict {
    case .collapsed:
      return
        "The layer is collapsed: nothing in it varies with the data beyond the threshold."
    case .agree: return "Units and directions agree: the active directions lie along the active units."
    case .undecided:
      return "Units and directions agree within the undecided units: \(units), \(directions)."
    case .tooFewExamples:
      return
        "Units and directions can't be compared: \(units), and \(Text.counted(layer.examples, "example")) vary along "
        + Text.counted(agreement.directions, "direction") + " at most."
    case .unitsShareDirections:
      return
        "Units and directions disagree: \(units), but only \(directions). Units share directions, as in a latent space "
        + "that is rotated: count directions."
    case .directionsAcrossUnits:
      return "Units and directions disagree: \(units), but \(directions). Small variances of many units add up along a "
        + "direction: count directions."
    case .differentSubspace:
      let share = Text.fixed(100 * agreement.overlap, 0)
      return
        "Units and directions disagree: \(units) and \(directions), but only \(share) % of the directions lies in those "
        + "units."
    }
  }

  /// A value to the digits that its error leaves.
  static func value(_ value: Double, _ error: Double) -> String {
    let text = Text.fixed(value, Text.decimals(forError: error))
    return error.isFinite && error > 0 ? text + " ± " + Text.significant(error, 2) : text
  }

  /// A difference with its sign.
  static func change(_ change: AblationSummary.Change) -> String {
    let sign = change.difference > 0 ? "+" : ""
    return sign + value(change.difference, change.standardError)
  }
}
