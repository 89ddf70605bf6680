import Evidence
import Wording

/// The bracket of an estimator on data simulated from the model, as `evidence check` found it.
struct CheckSection {
  let path: String
  let file: CheckFile
  let subject: ReportSubject

  var markup: Markup {
    let examples = Text.counted(file.simulated, "example")
    var parts = [
      Markup("h2", [:], Markup("Bracket on simulated data")),
      PagePart.paragraph("From \(path): \(file.estimator), \(examples) drawn from the model itself.", "soft small"),
    ]
    let warnings = mismatches + (file.warnings ?? [])
    if !warnings.isEmpty {
      parts.append(
        Markup("ul", ["class": "warnings"], warnings.map { Markup("li", [:], Markup(HeadlineSection.sentence($0))) }))
    }
    parts.append(
      PagePart.paragraph(
        "The latents that an example was made with are an exact draw of its posterior. Planted among the draws they turn "
          + "the estimate, which is too low on average, into one that is too high: the truth is between."))
    parts.append(bracket)
    if let difficulty { parts.append(difficulty) }
    return Markup("section", [:], parts)
  }

  private var mismatches: [String] {
    var words: [String] = []
    if let digest = file.model?.sha256, digest != subject.settings.modelSHA256 {
      words.append("this bracket is of another model than the results above")
    }
    if file.estimator != subject.settings.estimator {
      words.append("this bracket is of \(file.estimator), the results above are of \(subject.settings.estimator)")
    }
    return words
  }

  private var bracket: Markup {
    let own = CheckFile.Bracket(lower: file.lower, upper: file.upper, gap: file.gap)
    var brackets = [own]
    var head = ["nats", file.estimator]
    if file.estimator != "importance-sampling", let plain = file.plain {
      brackets.append(plain)
      head.append("importance-sampling")
    }
    func row(_ name: String, _ value: (CheckFile.Bracket) -> Double?) -> [String] {
      [name] + brackets.map { value($0).map { Text.fixed($0, 3) } ?? "–" }
    }
    return PagePart.table(
      "Mean log p(x) of simulated data", head,
      [
        row("at least, on average") { $0.lower.mean }, row("at most, on average") { $0.upper.mean },
        row("interval of probability 0.95, from") { $0.lower.confidence }, row("to") { $0.upper.confidence },
        row("gap, mean") { $0.gap.mean }, row("gap, median") { $0.gap.median }, row("gap, most") { $0.gap.max },
      ])
  }

  private var difficulty: Markup? {
    guard let simulated = file.simulatedData else { return nil }
    let columns = [simulated] + [file.realData].compactMap(\.self)
    func row(_ name: String, _ decimals: Int, _ value: (CheckFile.Difficulty) -> CheckFile.Quantiles?) -> [String] {
      [name] + columns.map { value($0)?.median.map { Text.fixed($0, decimals) } ?? "–" }
    }
    return PagePart.table(
      "Importance sampling from the encoder, medians",
      ["", "simulated data"] + (file.realData == nil ? [] : ["real data"]),
      [
        row("effective sample size", 1) { $0.effectiveSampleSize }, row("k̂", 2) { $0.paretoK },
        row("KL(posterior ‖ encoder), nats", 2) { $0.posteriorDivergence },
      ])
  }
}
