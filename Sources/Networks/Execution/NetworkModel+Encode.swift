import CKernels
import Models

extension NetworkModel {
  /// Runs the recognition network on a batch: `count` examples, one after the other in `values`.
  ///
  /// What depends on x alone is computed here, once for an example; the rest when latents are drawn.
  ///
  /// `covariates`: what is known of the examples, in the plan's layout, one after the other; for a model that is given any.
  public func encode(
    _ values: UnsafeBufferPointer<Float>, covariates: UnsafeBufferPointer<Float>? = nil, count: Int,
    in workspace: Workspace
  ) {
    precondition(count <= workspace.batchCapacity && values.count == count * inputCount, "a batch of the wrong size")
    guard let source = values.baseAddress else { return }
    workspace.batchCount = count
    workspace.currentPosition = -1
    workspace.anchoredPosition = -1
    workspace.examples.pointer.update(from: source, count: values.count)
    if plan.isOneHot { readClasses(source, count: count, in: workspace) }
    if plan.covariates.width > 0 {
      precondition(covariates?.count == count * plan.covariates.width, "covariates that are not the model's")
      if let known = covariates?.baseAddress {
        workspace.covariates.pointer.update(from: known, count: count * plan.covariates.width)
      }
      return encodeByCovariates(source, count: count, in: workspace)
    }
    for first in stride(from: 0, to: count, by: workspace.encodingLanes) {
      let chunk = first..<min(first + workspace.encodingLanes, count)
      workspace.arena.release(to: 0)
      let lanes = paddedLanes(chunk.count)
      let input = workspace.arena.take(rows: inputCount, lanes: lanes)
      ck_lanes_of_examples(chunk.count, inputCount, source + first * inputCount, lanes, input.data)
      let mark = workspace.arena.used
      for layer in encoders.indices where isAmortized[layer] {
        let operands = encoders[layer].evaluate(input, arena: &workspace.arena, k)
        for (slot, operand) in operands.enumerated() {
          let stored = workspace.posteriors[layer][slot]
          ck_copy_lanes(stored.rows, chunk.count, operand, stored.lanes, stored.data + first)
        }
        workspace.arena.release(to: mark)
      }
    }
  }

  /// Encodes examples of the same covariates together: for these the network is one.
  private func encodeByCovariates(_ source: UnsafePointer<Float>, count: Int, in workspace: Workspace) {
    let width = plan.covariates.width
    let known = workspace.covariates.pointer
    var rest = Array(0..<count)
    while let first = rest.first {
      let isAlike = { (other: Int) in (0..<width).allSatisfy { known[first * width + $0] == known[other * width + $0] }
      }
      let alike = rest.filter(isAlike)
      rest.removeAll(where: isAlike)
      // NaN is like nothing, itself included.
      if alike.isEmpty { rest.removeFirst() }
      let places = alike.isEmpty ? [first] : alike
      guard let network = bound(to: first, in: workspace) else { return }
      for start in stride(from: 0, to: places.count, by: workspace.encodingLanes) {
        let chunk = places[start..<min(start + workspace.encodingLanes, places.count)]
        network.encode(Array(chunk), of: source, in: workspace)
      }
    }
  }

  /// Encodes some examples of the batch.
  private func encode(_ places: [Int], of source: UnsafePointer<Float>, in workspace: Workspace) {
    workspace.arena.release(to: 0)
    let lanes = paddedLanes(places.count)
    let input = workspace.arena.take(rows: inputCount, lanes: lanes)
    let values = places.flatMap { UnsafeBufferPointer(start: source + $0 * inputCount, count: inputCount) }
    ck_lanes_of_examples(places.count, inputCount, values, lanes, input.data)
    let mark = workspace.arena.used
    for layer in encoders.indices where isAmortized[layer] {
      let operands = encoders[layer].evaluate(input, arena: &workspace.arena, k)
      for (slot, operand) in operands.enumerated() {
        let stored = workspace.posteriors[layer][slot]
        for (lane, place) in places.enumerated() {
          ck_copy_lanes(stored.rows, 1, operand.from(lane: lane), stored.lanes, stored.data + place)
        }
      }
      workspace.arena.release(to: mark)
    }
  }

  /// Makes one example of the batch the one whose latents are drawn, by a map from noise.
  func select(position: Int, _ map: NoiseMap, in workspace: Workspace) {
    if map == .anchored { anchor(position: position, in: workspace) }
    workspace.map = map
    guard workspace.currentPosition != position else { return }
    precondition(position < workspace.batchCount, "no such example in the batch")
    workspace.currentPosition = position
    for layer in encoders.indices where isAmortized[layer] {
      for (slot, stored) in workspace.posteriors[layer].enumerated() {
        ck_copy_lanes(
          stored.rows, 1, stored.operand(CK_DIRECT).from(lane: position), 1, workspace.current[layer][slot].pointer)
      }
    }
    workspace.baseMeasure = ck_log_base_measure(decoders[0].density, decoders[0].size, observed(in: workspace))
    workspace.counts?.prepare(observed(in: workspace), for: decoders[0], k)
  }

  /// The example at hand as the likelihood takes it: of one-hot data the numbers of the classes.
  func observed(in workspace: Workspace) -> UnsafeMutablePointer<Float> {
    plan.isOneHot
      ? workspace.classes.pointer + workspace.currentPosition * decoders[0].size
      : workspace.examples.pointer + workspace.currentPosition * inputCount
  }

  /// The class of each run of a one-hot batch: its first 1.
  private func readClasses(_ values: UnsafePointer<Float>, count: Int, in workspace: Workspace) {
    let classes = decoders[0].components
    for run in 0..<count * decoders[0].size {
      let first = values + run * classes
      workspace.classes.pointer[run] = Float((0..<classes).first { first[$0] == 1 } ?? 0)
    }
  }
}
