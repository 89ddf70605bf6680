/// What keeps models from being imported whatever the options say: told before any option is asked for.
struct KerasObstacles {
  let units: [KerasUnit]

  /// Throws with every layer that can't be imported, with their names.
  func check() throws {
    for unit in units {
      let graph = try KerasGraph(unit.model, file: unit.file)
      try requireLayers(graph, unit)
    }
  }

  /// Layers of Keras that the model format has nothing for; with them, layers of the author's that are no sampler.
  private func requireLayers(_ graph: KerasGraph, _ unit: KerasUnit) throws {
    let foreign = graph.nodes.indices.filter { graph.nodes[$0].kind == .foreign }
    guard let first = foreign.first else { return }
    let others = graph.nodes.indices.filter { index in
      let layer = graph.nodes[index].layer
      return graph.nodes[index].kind == .opaque && GraphOperation(layer) == nil && graph.nodes[index].inputs.count == 1
        && !UsualNames.isSampler(layer) && !UsualNames.isLoss(layer)
    }
    let translator = LayerTranslator(unit, graph: graph)
    let all = (foreign + others).sorted()
    guard all.count > 1 else { throw translator.unsupported(first, "no layer of the model format does this") }
    let titles = all.map { graph.nodes[$0].layer.title }
    let shown = titles.prefix(12).joined(separator: ", ") + (titles.count > 12 ? " and \(titles.count - 12) more" : "")
    throw ImportError(
      .unsupportedLayer, file: unit.file, place: unit.model.name,
      "\(titles.count) layers can't be imported, since no layer of the model format does what they do", found: shown)
  }
}
