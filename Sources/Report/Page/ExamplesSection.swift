import Evidence
import Wording

/// The examples with the lowest estimates and those that are least to be relied on.
struct ExamplesSection {
  let subject: ReportSubject
  let markup: Markup

  /// - Throws: Where an example's pixels can't be read.
  init(subject: ReportSubject, images: ExampleImages?) throws {
    self.subject = subject
    guard !subject.worst.isEmpty else {
      markup = Markup()
      return
    }
    let show = Lister(subject: subject, images: images)
    let name = subject.isCrossEntropy ? "−cross-entropy" : subject.symbol
    var parts = [
      Markup("h3", [:], Markup("Lowest \(name)")),
      PagePart.paragraph("What the model finds least likely.", "soft small"),
      try show.list(subject.worst),
    ]
    if !subject.leastReliable.isEmpty {
      let byShape = subject.leastReliable.contains { !$0.paretoK.isNaN }
      parts += [
        Markup(
          "h3", [:], Markup(byShape ? "Least reliable: highest k̂" : "Least reliable: lowest effective sample size")),
        PagePart.paragraph("Whose estimates depend most on a few draws.", "soft small"),
        try show.list(subject.leastReliable),
      ]
    }
    if let images {
      let range = images.range == nil ? " Each from its darkest to its lightest value." : " 0 is black, 1 is white."
      let made =
        images.hasReconstructions
        ? " Beside each, what the model makes of its latents: the mean of p(x | z) at the posterior's mean." : ""
      parts.append(PagePart.paragraph("Images are as the model saw them." + range + made, "soft small"))
    }
    markup = Markup("section", [:], [Markup("h2", [:], "Examples to look at")] + parts)
  }

  private struct Lister {
    let subject: ReportSubject
    let images: ExampleImages?

    func list(_ rows: [LogLikelihoodMeasurement]) throws -> Markup {
      guard let images else { return table(rows) }
      let items = try rows.map { row -> Markup in
        let picture = try images.picture(of: row.index)
        let image = Markup(
          "img",
          [
            "src": picture.address, "alt": "Example \(row.index)", "width": String(picture.width),
            "height": String(picture.height),
          ])
        var pair = Markup("div", ["class": "pair"], image)
        if let made = images.reconstruction(of: row.index) {
          pair = Markup(
            "div", ["class": "pair"], image,
            Markup(
              "img",
              [
                "src": made.address, "alt": "What the model makes of example \(row.index)", "width": String(made.width),
                "height": String(made.height),
              ]))
        }
        var lines = Markup("div", ["class": "number"], Markup(subject.name(of: row) ?? "no. \(row.index)"))
        lines += Markup("div", [:], Markup("\(value(row.logLikelihood)) \(error(row))"))
        if subject.hasWeights {
          lines += Markup("div", ["class": "soft"], Markup("k̂ \(Text.fixed(row.paretoK, 2))"))
          lines += Markup("div", ["class": "soft"], Markup("ESS \(size(row))"))
        }
        return Markup("li", [:], pair, lines)
      }
      return Markup("ul", ["class": "pictures"], items)
    }

    private func table(_ rows: [LogLikelihoodMeasurement]) -> Markup {
      let symbol = subject.isCrossEntropy ? "−cross-entropy" : subject.symbol
      let head = ["example", symbol, "± MC"] + (subject.hasWeights ? ["k̂", "ESS"] : ["ELBO"])
      return PagePart.table(
        "", head,
        rows.map { row in
          [subject.name(of: row) ?? String(row.index), value(row.logLikelihood), error(row, sign: "")]
            + (subject.hasWeights
              ? [Text.fixed(row.paretoK, 2), size(row)]
              : [value(row.elbo)])
        })
    }

    private func value(_ value: Double) -> String { value.isNaN ? "NaN" : Text.fixed(value, 2) }

    private func size(_ row: LogLikelihoodMeasurement) -> String {
      HeadlineSection.sampleSize(row.effectiveSampleSize)
    }

    private func error(_ row: LogLikelihoodMeasurement, sign: String = "±\u{A0}") -> String {
      let error = row.monteCarloStandardError
      // An error that k̂ says nothing can be made of is not shown as one.
      if subject.hasWeights, let summary = subject.summary, row.paretoK > summary.paretoThreshold { return sign + "?" }
      return error.isFinite ? sign + (error == 0 ? "0" : Text.significant(error, 2)) : "–"
    }
  }
}
