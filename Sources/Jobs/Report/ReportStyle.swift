/// How the page looks: light and dark, on paper, and on a telephone of 390 pixels.
enum ReportStyle {
  /// How many colours of series there are.
  static let seriesCount = 4

  static let sheet = """
    :root {
      color-scheme: light dark;
      --paper: #fcfcfb; --ink: #1d1f23; --soft: #5c6370; --line: #dfe1e6; --track: #e8eaee;
      --s0: #2563c9; --s1: #c2570c; --s2: #15803d; --s3: #9333a8; --mark: #b3122a;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #16181c; --ink: #e7e9ee; --soft: #a2a9b6; --line: #33373f; --track: #2b2f37;
        --s0: #6ea3ff; --s1: #f5a15c; --s2: #5fd08a; --s3: #d58be6; --mark: #ff7d8c;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0 auto; padding: 1.25rem 1rem 3rem; max-width: 75rem;
      background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif;
    }
    h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
    h2 { font-size: 1.1rem; margin: 0 0 .25rem; }
    p { margin: .25rem 0 .75rem; color: var(--soft); }
    main { display: grid; gap: 2rem; grid-template-columns: minmax(0, 1fr); margin-top: 1.5rem; }
    @media (min-width: 60rem) {
      main { grid-template-columns: repeat(2, minmax(0, 1fr)); }
      .wide { grid-column: 1 / -1; }
    }
    section { min-width: 0; border-top: 1px solid var(--line); padding-top: 1rem; }
    figure { margin: 0 0 .75rem; max-width: 34rem; }
    svg { display: block; width: 100%; height: auto; font: 10.5px system-ui, sans-serif; }
    .name { fill: var(--ink); } .value, .axis { fill: var(--soft); }
    .value { font-variant-numeric: tabular-nums; } .axis { font-size: 9.5px; }
    .grid { stroke: var(--line); stroke-width: 1; } .mark { stroke: var(--mark); stroke-width: 2; }
    .track { fill: var(--track); } .earlier { fill: var(--soft); opacity: .45; }
    .s0 { fill: var(--s0); } .s1 { fill: var(--s1); } .s2 { fill: var(--s2); }
    .s3 { fill: var(--s3); }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; font-size: .85rem; }
    th, td { text-align: left; padding: .3rem .6rem .3rem 0; white-space: nowrap; }
    td { font-variant-numeric: tabular-nums; } .number { text-align: right; }
    td.number:last-child, th.number:last-child { padding-right: 0; }
    .text { white-space: normal; overflow-wrap: anywhere; min-width: 5rem; max-width: 26rem; }
    thead th { color: var(--soft); font-weight: 500; border-bottom: 1px solid var(--line); }
    tbody th { font-weight: 500; }
    tbody tr + tr > * { border-top: 1px solid var(--line); }
    @media print {
      body { max-width: none; padding: 0; font-size: 11px; } main { display: block; }
      section { margin-bottom: 1.5rem; } .scroll { overflow: visible; }
      h2, h2 + p, thead { break-after: avoid; } figure, tr { break-inside: avoid; }
      figure { max-width: 24rem; } svg { width: auto; max-width: 100%; max-height: 20cm; }
      .text { min-width: 4rem; }
      rect, circle { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    }
    """
}
