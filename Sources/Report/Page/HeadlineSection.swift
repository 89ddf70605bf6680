import Evidence
import Foundation
import Wording

/// The number, its two errors, what else is said in one figure, and what to be careful about.
struct HeadlineSection {
  let subject: ReportSubject

  var markup: Markup {
    let settings = subject.settings
    let file = URL(filePath: settings.dataPath).lastPathComponent
    let data = settings.dataPath.isEmpty ? settings.dataset : "\(file):\(settings.dataset)"
    let examples = subject.summary?.examples ?? 0
    var words = "\(Text.counted(examples, "example")) of \(data), \(settings.estimator), "
    words += "K = \(Text.count(settings.samples)) draws each, seed \(settings.seed)"
    var parts = [Markup("h1", [:], Markup(subject.modelName)), PagePart.paragraph(words, "soft")]
    if let progress = subject.progress {
      parts.append(PagePart.paragraph("in progress: \(progress) examples", "progress"))
      if subject.summary != nil {
        parts.append(PagePart.paragraph("All figures below are of those alone.", "soft small"))
      }
    }
    guard let summary = subject.summary else {
      parts.append(PagePart.paragraph("No example has been measured yet."))
      return Markup("header", [:], parts)
    }
    let verdict = subject.verdict.map { PagePart.paragraph($0) }
    parts += [value(summary), errors(summary), figures(summary)]
    if !verdict.isEmpty { parts.append(Markup("div", ["class": "verdict"], verdict)) }
    parts.append(warnings)
    return Markup("header", [:], parts)
  }

  private func value(_ summary: LogLikelihoodSummary) -> Markup {
    let decimals = Text.decimals(forError: summary.dataStandardError)
    let mean = summary.mean.isNaN ? "not a number" : Text.fixed(summary.mean, decimals)
    let name = subject.isCrossEntropy ? "mean −cross-entropy of the grey data" : "mean \(subject.symbol)"
    return Markup(
      "div", ["class": "headline"],
      Markup("div", ["class": "symbol"], Markup(name)),
      Markup(
        "div", [:], Markup("span", ["class": "value"], Markup(mean)), Markup(" "),
        Markup("span", ["class": "unit"], "nats")))
  }

  private func errors(_ summary: LogLikelihoodSummary) -> Markup {
    func error(_ value: String, _ name: String, _ words: String, isDoubtful: Bool = false) -> Markup {
      Markup(
        "div", isDoubtful ? ["class": "doubtful"] : [:], Markup("strong", [:], Markup("± \(value)  \(name)")),
        Markup("span", [:], Markup(words)))
    }
    let data = summary.dataStandardError
    let dataWords =
      data.isFinite
      ? "how much another test set of this size would change the mean"
      : summary.examples < 2 ? "one example says nothing about others" : "not all estimates are finite"
    let draws = summary.monteCarloStandardError
    var result = error(data.isFinite ? Text.significant(data, 2) : "?", "data", dataWords, isDoubtful: !data.isFinite)
    if subject.hasUnreliableError {
      let analytic = draws.isFinite ? " The analytic value, \(Text.significant(draws, 2)), may be far too small." : ""
      result += error(
        "?", "Monte Carlo", "how much other draws would change the mean can't be said: k̂ is too high." + analytic,
        isDoubtful: true)
    } else if draws.isFinite {
      result += error(
        draws == 0 ? "0" : Text.significant(draws, 2), "Monte Carlo", "how much other draws would change the mean")
    } else {
      result += error("?", "Monte Carlo", "not defined for these draws", isDoubtful: true)
    }
    return Markup("div", ["class": "errors"], result)
  }

  private func figures(_ summary: LogLikelihoodSummary) -> Markup {
    let decimals = Text.decimals(forError: summary.dataStandardError)
    var parts = [
      PagePart.figureOfMerit(
        subject.isCrossEntropy ? "Cross-entropy" : "NLL", Text.fixed(summary.nll, decimals), unit: "nats")
    ]
    parts.append(
      PagePart.figureOfMerit(
        "Bits per dimension", subject.bitsPerDimension.map { Text.fixed($0, 4) } ?? "–",
        subject.bitsPerDimension == nil ? "the file does not say how many dimensions" : ""))
    parts.append(
      PagePart.figureOfMerit("ELBO", Text.fixed(summary.elbo, decimals), unit: "nats", "the bound of one draw"))
    if subject.isUnbiased, !subject.isCrossEntropy {
      parts.append(
        PagePart.figureOfMerit(
          "log \(subject.settings.facts.density), at least", Text.fixed(summary.lowerConfidenceBound(), decimals),
          unit: "nats",
          "with probability 0.95 over the draws, whatever k̂ says"))
    }
    parts += chainFigures(summary)
    if subject.hasWeights {
      if subject.hasBias {
        parts.append(
          subject.hasUnreliableError
            ? PagePart.figureOfMerit("Bias", "?", "what K draws take off can't be said: k̂ is too high")
            : PagePart.figureOfMerit(
              "Bias, to first order", Text.significant(summary.biasEstimate, 2), unit: "nats", "what K draws take off"))
      }
      let size = summary.effectiveSampleSize
      parts.append(
        PagePart.figureOfMerit(
          "Effective sample size", Self.sampleSize(size.median), "median; least \(Self.sampleSize(size.minimum))"))
      let shape = summary.paretoK
      parts.append(
        PagePart.figureOfMerit(
          "Pareto k̂", Text.fixed(shape.median, 2), "median; largest \(Text.fixed(shape.maximum, 2))"))
      parts.append(
        PagePart.figureOfMerit(
          "Unreliable examples", Text.count(summary.unreliableExamples),
          summary.paretoThreshold.isFinite ? "k̂ > \(Text.fixed(summary.paretoThreshold, 2))" : ""))
      let share = summary.largestWeightShare
      parts.append(
        PagePart.figureOfMerit(
          "Largest weight share", Self.percent(share.median), "median; most \(Self.percent(share.maximum))"))
    }
    return Markup("dl", ["class": "figures"], parts)
  }

  /// How many examples stood on each rung, and how their chains fared.
  private func chainFigures(_ summary: LogLikelihoodSummary) -> [Markup] {
    guard let annealed = summary.rungs[Rung.annealed.rawValue] else { return [] }
    let others = Rung.allCases.dropLast().map { summary.rungs[$0.rawValue] ?? 0 }
    let size = summary.chainEffectiveSampleSize
    return [
      PagePart.figureOfMerit(
        "Rungs", others.map(Text.count).joined(separator: ", ") + ", " + Text.count(annealed),
        "importance sampling, Laplace, annealed"),
      PagePart.figureOfMerit(
        "Effective chains", Self.sampleSize(size.median), "median; least \(Self.sampleSize(size.minimum))"),
      PagePart.figureOfMerit(
        "Spread of chains", Text.fixed(summary.chainDeviation.median, 2), unit: "nats",
        "median; most \(Text.fixed(summary.chainDeviation.maximum, 2))"),
      PagePart.figureOfMerit(
        "Acceptance", Text.fixed(summary.acceptance.median, 2),
        "least over the path, median; least of all \(Text.fixed(summary.acceptance.minimum, 2))"),
    ]
  }

  private var warnings: Markup {
    let warnings = subject.warnings
    if warnings.isEmpty {
      let words =
        subject.hasWeights
        ? "Nothing to warn of: every estimate is finite and no k̂ is too high." : "Nothing to warn of."
      return PagePart.paragraph(words, "fine")
    }
    return Markup(
      "ul", ["class": "warnings", "aria-label": "Warnings"],
      warnings.map { Markup("li", [:], Markup(Self.sentence($0))) })
  }

  /// A warning of the command as a sentence.
  static func sentence(_ words: String) -> String {
    guard let first = words.first else { return words }
    return first.uppercased() + words.dropFirst() + (words.hasSuffix(".") ? "" : ".")
  }

  static func sampleSize(_ value: Double) -> String { value < 100 ? Text.fixed(value, 1) : Self.whole(value) }

  private static func whole(_ value: Double) -> String {
    value.isFinite ? Text.count(Int(value.rounded())) : Text.fixed(value, 0)
  }

  /// A share in per cent, which never wraps before its sign.
  static func percent(_ share: Double) -> String {
    guard share.isFinite else { return "–" }
    if share == 0 { return "0\u{A0}%" }
    if share < 0.0005 { return "<\u{A0}0.1\u{A0}%" }
    return Text.fixed(100 * share, share < 0.0995 ? 1 : 0) + "\u{A0}%"
  }
}
