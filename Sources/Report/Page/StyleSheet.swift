/// How a page looks: light, dark and on paper, from the width of a telephone on.
enum StyleSheet {
  static let text = """
    :root {
      color-scheme: light dark;
      --paper: #ffffff; --ink: #1c2127; --soft: #59636e; --rule: #d5dae0; --grid: #e9ecef; --panel: #f5f7f9;
      --mark: #2a6ca8; --fill: #7ba7d0; --flag: #b0470f; --flagfill: #f8e9df;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #14181d; --ink: #e4e8ec; --soft: #9ca7b3; --rule: #37404a; --grid: #252c34; --panel: #1c2229;
        --mark: #7db7ee; --fill: #4679a8; --flag: #f0975c; --flagfill: #36251b;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 66rem; background: var(--paper); color: var(--ink);
      font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
      -webkit-text-size-adjust: 100%; text-size-adjust: 100%; overflow-wrap: anywhere;
    }
    h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .15rem; font-weight: 650; }
    h2 { font-size: 1.15rem; line-height: 1.3; margin: 2.6rem 0 .6rem; padding-top: .8rem; border-top: 1px solid var(--rule);
      font-weight: 650; }
    h3 { font-size: 1rem; margin: 1.6rem 0 .4rem; font-weight: 650; }
    p { margin: .4rem 0; max-width: 44rem; }
    .soft { color: var(--soft); }
    .small { font-size: .875rem; }
    a { color: var(--mark); }

    .headline { margin: 1.4rem 0 .2rem; }
    .headline .symbol { font-size: 1.05rem; color: var(--soft); }
    .headline .value { font-size: 2.6rem; line-height: 1.15; font-weight: 650; letter-spacing: -.015em; }
    .headline .unit { font-size: 1.05rem; color: var(--soft); }
    .value, td, dd, .chart text { font-variant-numeric: tabular-nums lining-nums; }
    .errors { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: .75rem;
      margin: .9rem 0 1.2rem; }
    .errors > div { background: var(--panel); border-left: 3px solid var(--mark); padding: .55rem .8rem .6rem; }
    .errors strong { display: block; font-size: 1.2rem; line-height: 1.3; }
    .errors span { color: var(--soft); font-size: .875rem; display: block; line-height: 1.4; }
    .errors .doubtful { border-left-style: double; border-left-width: 6px; border-left-color: var(--flag); }
    .figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 9.5rem), 1fr)); gap: .9rem 1.2rem;
      margin: 0; }
    .figures > div { border-top: 1px solid var(--rule); padding-top: .35rem; }
    .figures dt { font-size: .875rem; color: var(--soft); }
    .figures dd { margin: 0; font-size: 1.1rem; font-weight: 600; line-height: 1.35; }
    .figures dd small { display: block; font-weight: 400; font-size: .8125rem; color: var(--soft); line-height: 1.35; }
    .figures dd .unit { font-weight: 400; font-size: .875rem; color: var(--soft); }
    @media (min-width: 48rem) { .figures { grid-template-columns: repeat(4, 1fr); } }
    .warnings { list-style: none; margin: 1.4rem 0 0; padding: 0; display: grid; gap: .5rem; }
    .warnings li { background: var(--flagfill); border-left: 3px solid var(--flag); padding: .5rem .8rem .5rem 2.4rem;
      position: relative; }
    .warnings li::before { content: "!"; position: absolute; left: .75rem; top: .62rem; width: 1.1rem; height: 1.1rem;
      border: 1.5px solid var(--flag); border-radius: 50%; color: var(--flag); font-weight: 700; font-size: .8rem;
      line-height: 1rem; text-align: center; }
    .progress { display: inline-block; border: 1.5px dashed var(--flag); padding: .1rem .6rem; margin: .5rem 0 0;
      font-weight: 600; }
    .fine { border-left: 3px solid var(--mark); background: var(--panel); padding: .5rem .8rem; margin-top: 1.4rem; }

    .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 1.8rem 2rem;
      margin-top: 1.2rem; }
    figure { margin: 0; break-inside: avoid; max-width: 34rem; min-width: 0; }
    figcaption strong { display: block; font-weight: 650; }
    figcaption { font-size: .875rem; color: var(--soft); margin-bottom: .5rem; line-height: 1.45; }
    figcaption strong { color: var(--ink); font-size: .9375rem; }
    svg.chart { display: block; width: 100%; height: auto; overflow: visible; }
    .chart text { font-size: 12.5px; fill: var(--ink); }
    .chart .tick, .chart .name { fill: var(--soft); }
    .chart .note { paint-order: stroke; stroke: var(--paper); stroke-width: 3.5px; stroke-linejoin: round; }
    @media (min-width: 48rem) { .chart text { font-size: 10.5px; } }
    .axis { stroke: var(--soft); stroke-width: 1; }
    .grid { stroke: var(--grid); stroke-width: 1; }
    .bar { fill: var(--fill); }
    .bar.open { fill: var(--paper); stroke: var(--mark); stroke-width: 1; }
    .bar.off { fill: var(--soft); fill-opacity: .45; }
    .line { fill: none; stroke: var(--mark); stroke-width: 2; stroke-linejoin: round; }
    .dot { fill: var(--mark); }
    .threshold { stroke: var(--flag); stroke-width: 1.5; stroke-dasharray: 5 3; }
    .mean { stroke: var(--ink); stroke-width: 1.25; }
    .whisker { fill: none; stroke: var(--ink); stroke-width: 1; stroke-opacity: .75; }
    .good.filled { fill: var(--mark); fill-opacity: .6; }
    .flagged.hollow { fill: none; stroke: var(--flag); stroke-width: 1.2; }
    .cell { fill: var(--mark); }
    .cell1 { fill-opacity: .14; } .cell2 { fill-opacity: .32; } .cell3 { fill-opacity: .52; } .cell4 { fill-opacity: .75; }
    .s0 { stroke: #1f6fb4; } .s1 { stroke: #c2570c; } .s2 { stroke: #2b8a4b; } .s3 { stroke: #b3327e; } .s4 { stroke: #7a5b00; }
    .s5 { stroke: #5b4db3; } .s6 { stroke: #b52a2a; } .s7 { stroke: #117c83; } .s8 { stroke: #606a75; } .s9 { stroke: #7f4a2c; }
    .label { stroke-width: 1.3; }
    .label.hollow { fill: none; }
    .legend { display: flex; flex-wrap: wrap; gap: .1rem .9rem; list-style: none; margin: .3rem 0 0; padding: 0;
      font-size: .875rem; }
    .key { vertical-align: -1px; margin-right: .3rem; overflow: visible; }
    .c0 { --c: #1f6fb4; } .c1 { --c: #c2570c; } .c2 { --c: #2b8a4b; } .c3 { --c: #b3327e; } .c4 { --c: #7a5b00; }
    .c5 { --c: #5b4db3; } .c6 { --c: #b52a2a; } .c7 { --c: #117c83; } .c8 { --c: #606a75; } .c9 { --c: #7f4a2c; }
    @media (prefers-color-scheme: dark) {
      .c0 { --c: #6cb4f2; } .c1 { --c: #f59a52; } .c2 { --c: #6fcf8d; } .c3 { --c: #f07cc0; } .c4 { --c: #e0c04c; }
      .c5 { --c: #b0a4ff; } .c6 { --c: #ff8a8a; } .c7 { --c: #5fd4d9; } .c8 { --c: #b3bdc8; } .c9 { --c: #d6a07e; }
      .s0 { stroke: #6cb4f2; } .s1 { stroke: #f59a52; } .s2 { stroke: #6fcf8d; } .s3 { stroke: #f07cc0; }
      .s4 { stroke: #e0c04c; } .s5 { stroke: #b0a4ff; } .s6 { stroke: #ff8a8a; } .s7 { stroke: #5fd4d9; }
      .s8 { stroke: #b3bdc8; } .s9 { stroke: #d6a07e; }
    }
    .label.filled { fill: var(--c); fill-opacity: .75; stroke: none; }
    .label.hollow { stroke: var(--c); }

    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; font-size: .875rem; width: 100%; max-width: 44rem; }
    caption { text-align: left; color: var(--soft); padding-bottom: .3rem; }
    th, td { text-align: right; padding: .28rem .35rem; border-bottom: 1px solid var(--rule); vertical-align: baseline;
      overflow-wrap: normal; white-space: nowrap; }
    thead th { white-space: normal; }
    @media (max-width: 26rem) { table { font-size: .8rem; } th, td { padding-left: .15rem; padding-right: .15rem; }
      td:first-child { white-space: normal; } }
    th:first-child, td:first-child { text-align: left; padding-left: 0; }
    thead th { font-weight: 600; color: var(--soft); line-height: 1.25; vertical-align: bottom; }
    th.prose, td.prose { text-align: left; white-space: normal; }
    .pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(6.4rem, 1fr)); gap: 1rem .5rem; list-style: none;
      margin: .6rem 0 0; padding: 0; }
    .pictures li { font-size: .8125rem; line-height: 1.35; break-inside: avoid; font-variant-numeric: tabular-nums; }
    .pictures img { display: block; width: 100%; max-width: 8rem; height: auto; image-rendering: pixelated;
      border: 1px solid var(--rule); margin-bottom: .25rem; }
    .pair { display: flex; gap: .3rem; }
    .pair img { min-width: 0; flex: 1 1 0; }
    .pictures .number { font-weight: 600; }
    @media (min-width: 48rem) { .pictures { grid-template-columns: repeat(5, 1fr); gap: 1.2rem; } }
    pre { background: var(--panel); border: 1px solid var(--rule); padding: .7rem .9rem; white-space: pre-wrap;
      word-break: break-all; font: .8125rem/1.5
      ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; margin: .5rem 0; }
    dl.settings { display: grid; grid-template-columns: minmax(6.5rem, max-content) 1fr; gap: .25rem 1rem;
      font-size: .875rem; margin: .8rem 0; }
    dl.settings dt { color: var(--soft); }
    dl.settings dd { margin: 0; min-width: 0; }
    section + header { margin-top: 3rem; border-top: 2px solid var(--rule); padding-top: 1rem; }
    .paper { display: none; }
    .verdict { border-left: 3px solid var(--mark); background: var(--panel); padding: .55rem .8rem; margin: 1.2rem 0 0; }
    .verdict p { margin: .15rem 0; }
    footer { margin-top: 3rem; color: var(--soft); font-size: .8125rem; border-top: 1px solid var(--rule); padding-top: .6rem; }
    @media print {
      :root {
        color-scheme: light;
        --paper: #fff; --ink: #000; --soft: #444; --rule: #bbb; --grid: #ddd; --panel: #fff; --mark: #2a6ca8;
        --fill: #7ba7d0; --flag: #b0470f; --flagfill: #fff;
      }
      body { max-width: none; padding: 0; font-size: 10pt; }
      * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
      .charts { grid-template-columns: 1fr 1fr; }
      .paper { display: block; }
      .verdict { break-inside: avoid; }
      h2, h3, h2 + p, h3 + p { break-after: avoid; }
      .scroll, .figures, .errors > div, .warnings li, tr { break-inside: avoid; }
      .pictures { grid-template-columns: repeat(5, 1fr); }
    }

    """
}
