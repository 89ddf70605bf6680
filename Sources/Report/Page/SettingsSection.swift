import Evidence
import Runs
import Wording

/// What makes the same numbers again.
struct SettingsSection {
  let subject: ReportSubject

  var markup: Markup {
    let settings = subject.settings
    let preprocessing = settings.preprocessing
    var steps: [String] = []
    if preprocessing.dequantize { steps.append("uniform noise added") }
    if preprocessing.divideBy != 1 { steps.append("divided by \(Text.plain(preprocessing.divideBy))") }
    switch preprocessing.binarize {
    case .none: break
    case .threshold: steps.append("1 from 0.5 on")
    case .bernoulli: steps.append("made binary at random (seed \(settings.dataSeed))")
    }
    var terms: [(String, String)] = [
      ("results", subject.path), ("model", settings.modelPath.isEmpty ? "–" : settings.modelPath),
    ]
    if let name = settings.facts.modelName { terms.append(("its name", name)) }
    if let likelihood = settings.facts.likelihood { terms.append(("likelihood", likelihood)) }
    terms += [
      ("sha256", settings.modelSHA256), ("data", settings.dataPath.isEmpty ? "–" : settings.dataPath),
      ("dataset", settings.dataset), ("sha256", settings.dataSHA256),
      ("prepared", steps.isEmpty ? "taken as stored" : steps.joined(separator: ", ")),
      ("examples", "\(settings.examples.lowerBound)..\(settings.examples.upperBound) (numbered from 0)"),
      ("evidence", settings.evidenceVersion), ("started", subject.started.isEmpty ? "–" : subject.started),
      ("finished", subject.finished ?? "not yet: \(subject.progress ?? "")"),
    ]
    var note = "The same model, data, seed and K give the same numbers to the last bit, whatever the number of threads."
    if settings.dataSeed != settings.seed {
      note += " The data were prepared with seed \(settings.dataSeed), as in one of several replicates."
    }
    return PagePart.section(
      "To get these numbers again", PagePart.paragraph(note),
      Markup("pre", [:], Markup("code", [:], Markup(subject.words.reproduction(of: settings, results: subject.path)))),
      Markup(
        "dl", ["class": "settings"],
        terms.flatMap { [Markup("dt", [:], Markup($0.0)), Markup("dd", [:], Markup($0.1))] }))
  }
}
