package import JSON
import Models
import Wording

extension ModelInspection {
  /// The report for people.
  package func text(in words: any RunWords) -> String {
    ([facts, layers].map { $0.joined(separator: "\n") }).joined(separator: "\n\n")
  }

  private var facts: [String] {
    var table = TextTable([.left, .left], indentation: "")
    table.add(["model", Text.path(path, width: 64)])
    func add(_ label: String, _ words: String?) {
      guard let words, !words.isEmpty else { return }
      for (index, line) in Text.wrapped(words, width: 64).enumerated() { table.add([index == 0 ? label : "", line]) }
    }
    add("name", description.about.name)
    add("about", description.about.description)
    add("source", description.about.source)
    add("license", description.about.license)
    add("input", "x " + Text.shape(description.input.shape))
    add("data", inputWords)
    if let network {
      add("latents", zip(1..., network.latentCounts).map { "z\($0) \($1)" }.joined(separator: ", "))
    }
    add("likelihood", description.decoders.first?.distribution.rawValue)
    add("prior", "p(z\(description.encoders.count)) \(description.prior.words)")
    add("parameters", Text.count(parameterCount))
    if let network {
      add(
        "multiply-adds",
        "\(Text.count(network.multiplyAddsPerDraw)) for each draw, "
          + "\(Text.count(network.multiplyAddsPerExample)) once for each example")
    }
    return table.lines
  }

  private var inputWords: String {
    let input = description.input
    var steps: [String] = []
    if input.dequantize == true { steps.append("dequantize") }
    if let divisor = input.divideBy, divisor != 1 { steps.append("divide by " + Text.plain(divisor)) }
    switch input.binarize {
    case .threshold?: steps.append("binarize by threshold")
    case .bernoulli?: steps.append("binarize at random")
    default: break
    }
    return steps.isEmpty ? "taken as stored" : steps.joined(separator: ", ")
  }

  private var layers: [String] {
    var table = TextTable([.left, .left, .left, .right, .left], indentation: "")
    table.add(["conditional", "layer", "output", "parameters", "activation"])
    for section in sections {
      table.add([section.title, section.distribution, "", Text.count(section.parameterCount), ""])
      for row in section.rows {
        let indentation = String(repeating: "  ", count: row.depth + 1)
        table.add([
          indentation + row.path, row.layer, row.shape.map(Text.shape) ?? "", Text.count(row.parameterCount),
          row.activation,
        ])
      }
    }
    return table.lines
  }

  /// The same for programs.
  package func json(in words: any RunWords) -> JSONValue {
    let input = description.input
    return [
      "command": "inspect",
      "kind": "model",
      "path": .string(path),
      "name": JSONValue(description.about.name),
      "description": JSONValue(description.about.description),
      "source": JSONValue(description.about.source),
      "license": JSONValue(description.about.license),
      "input": [
        "shape": JSONValue(input.shape),
        "divideBy": JSONValue(input.divideBy),
        "binarize": JSONValue(input.binarize?.rawValue),
        "dequantize": input.dequantize.map(JSONValue.bool) ?? .null,
      ],
      "latents": network.map { JSONValue($0.latentCounts) } ?? .null,
      "likelihood": JSONValue(description.decoders.first?.distribution.rawValue),
      "prior": .string(description.prior.words),
      "parameters": .integer(parameterCount),
      "multiplyAddsPerDraw": JSONValue(network?.multiplyAddsPerDraw),
      "multiplyAddsPerExample": JSONValue(network?.multiplyAddsPerExample),
      "conditionals": .array(sections.map(\.json)),
      "problems": .array(problems.map { ["path": .string($0.path), "message": .string($0.message)] }),
    ]
  }
}

extension ModelInspection.Section {
  fileprivate var json: JSONValue {
    [
      "conditional": .string(title),
      "path": .string(path),
      "distribution": .string(distribution),
      "parameters": .integer(parameterCount),
      "layers": .array(
        rows.map { row in
          [
            "path": .string("\(path)/\(row.path)"),
            "layer": .string(row.layer),
            "output": row.shape.map { JSONValue($0) } ?? .null,
            "parameters": .integer(row.parameterCount),
            "activation": JSONValue(row.activation.isEmpty ? nil : row.activation),
          ]
        }),
    ]
  }
}
