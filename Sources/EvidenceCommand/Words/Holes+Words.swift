import Evidence

extension ResultsMerge.Holes {
  /// What is missing, and the commands that make it.
  var commandWords: String {
    let shown =
      ranges.prefix(10).map { "\($0.lowerBound)..\($0.upperBound)" }.joined(separator: ", ")
      + (ranges.count > 10 ? ", …" : "")
    var lines = ["examples are missing: " + shown]
    for part in unfinished.prefix(3) {
      lines.append(
        "\(part.path) holds \(part.count) of its \(part.settings.examples.count) examples: go on with its run by --resume"
      )
    }
    if unfinished.isEmpty, model.settings.command == "check" {
      lines.append("make them with the command of the parts, and the --shard that is missing")
    } else if unfinished.isEmpty, let first = ranges.first {
      var settings = model.settings
      settings.examples = first
      let name = "part-\(first.lowerBound)-\(first.upperBound).h5"
      lines.append(
        "make them with: " + ReproducingCommand.text(settings, results: name).replacing(" \\\n  ", with: " "))
    }
    return lines.joined(separator: "\n")
  }
}
