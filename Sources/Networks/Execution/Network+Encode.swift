import CKernels

extension Network {
  /// Runs the recognition network on a batch: `count` examples, one after the other in `values`.
  ///
  /// What depends on x alone is computed here, once for an example; the rest when latents are drawn.
  public func encode(_ values: UnsafeBufferPointer<Float>, count: Int, in workspace: Workspace) {
    precondition(count <= workspace.batchCapacity && values.count == count * inputCount, "a batch of the wrong size")
    guard let source = values.baseAddress else { return }
    workspace.batchCount = count
    workspace.currentPosition = -1
    workspace.examples.pointer.update(from: source, count: values.count)
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

  /// Makes one example of the batch the one whose latents are drawn.
  func select(position: Int, in workspace: Workspace) {
    guard workspace.currentPosition != position else { return }
    precondition(position < workspace.batchCount, "no such example in the batch")
    workspace.currentPosition = position
    for layer in encoders.indices where isAmortized[layer] {
      for (slot, stored) in workspace.posteriors[layer].enumerated() {
        ck_copy_lanes(
          stored.rows, 1, stored.operand(CK_DIRECT).from(lane: position), 1, workspace.current[layer][slot].pointer)
      }
    }
    let x = workspace.examples.pointer + position * inputCount
    workspace.baseMeasure = ck_log_base_measure(decoders[0].density, inputCount, x)
  }
}
