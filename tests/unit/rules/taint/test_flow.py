"""Where tainted values arrive: each text calls `sink` on the lines that must and must not be reached."""

from __future__ import annotations

import pytest
from ast_grep_py import SgRoot

from review_bot.rules.taint import sinks
from review_bot.rules.taint.flow import Flow, Settings
from review_bot.rules.taint.nodes import span


def flow(text: str, language: str, *, parameters: bool = False) -> Flow:
    return Flow(SgRoot(text, language).root(), text, language, Settings(parameters)).run()


def reached(text: str, language: str, *, parameters: bool = False) -> list[str]:
    """Texts of the arguments of `sink(…)` that are tainted."""
    found = flow(text, language, parameters=parameters)
    calls = sinks.found(["sink($X)"], found.root, language, text)
    arguments = [call.get_match("X") for call in calls]
    return [one.text() for one in arguments if one is not None and span(one) in found.records]


PYTHON_BAD = {
    "assignment": "x = request.args['a']\ny = x\nsink(y)",
    "tuple": "a, b = 1, request.args['a']\nsink(b)",
    "unpacking": "a, b = request.args['a']\nsink(b)",
    "augmented": "q = 'a'\nq += request.args['a']\nsink(q)",
    "walrus": "if (x := request.args.get('a')):\n    sink(x)",
    "f-string": "sink(f\"a {request.args['a']}\")",
    "concatenation": "sink('a' + request.args['a'] + 'b')",
    "percent": "sink('a %s' % request.args['a'])",
    "percent-tuple": "sink('a %s %s' % (1, request.args['a']))",
    "format": "sink('a {}'.format(request.args['a']))",
    "template-by-name": "t = 'a {}'\nsink(t.format(request.args['a']))",
    "join": "sink(','.join([request.args['a'], 'b']))",
    "dict": "d = {'k': request.args['a']}\nsink(d['k'])",
    "list": "xs = []\nxs.append(request.args['a'])\nsink(xs[0])",
    "subscript": "d = {}\nd['k'] = request.args['a']\nsink(d['k'])",
    "attribute": "o = Thing()\no.name = request.args['a']\nsink(o.name)",
    "method": "sink(request.args['a'].strip().lower())",
    "for": "for x in request.args.getlist('a'):\n    sink(x)",
    "loop-carried": "a = b = ''\nfor _ in range(3):\n    sink(a)\n    a = b\n    b = request.args['a']",
    "comprehension": "sink([x.upper() for x in request.args.getlist('a')])",
    "call-of-a-call": "sink(make(request.args['a'])())\ndef make(a):\n    return a",
    "call-within-a-called": "build(sink(request.args['a']))()",
    "with": "with Thing(request.args['a']) as f:\n    pass\nwith str(request.args['a']) as g:\n    sink(g)",
    "conditional": "x = request.args['a'] if flag else 'b'\nsink(x)",
    "branch": "x = 'a'\nif flag:\n    x = request.args['a']\nsink(x)",
    "or": "x = request.args.get('a') or 'b'\nsink(x)",
    "try": "try:\n    x = request.args['a']\nexcept KeyError:\n    x = ''\nsink(x)",
    "match": "match flag:\n  case 1:\n    x = request.args['a']\n  case _:\n    x = ''\nsink(x)",
    "while": "while flag:\n    x = request.args['a']\n    sink(x)",
    "lambda": "f = lambda: sink(request.args['a'])",
    "function": "def f(q):\n    sink(q)\ndef g():\n    f(request.args['a'])",
    "keyword-argument-in-order": "def f(a, b):\n    sink(b)\nf(1, request.args['a'])",
    "returned": "def f():\n    return request.args['a']\ndef g():\n    sink(f())",
    "passed-through": "def f(a):\n    return 'x' + a\ndef g():\n    sink(f(request.args['a']))",
    "two-levels": "def f(a):\n    return g(a)\ndef g(a):\n    return a\nsink(f(request.args['a']))",
    "method-of-class": "class A:\n  def f(self, a):\n    sink(a)\n  def g(self):\n    self.f(request.args['a'])",
    "closure": "def f():\n    x = request.args['a']\n    def g():\n        sink(x)\n    return g",
    "global": "x = request.args['a']\ndef f():\n    sink(x)",
    "flask-route": "@app.route('/<name>')\ndef f(name):\n    sink(name)",
    "fastapi": "@router.get('/x')\nasync def f(name: str, q: Optional[str] = None):\n    sink(q)",
    "django": "import django\ndef f(request):\n    sink(request.body)",
    "renamed-request": "def f(req):\n    sink(req.GET['a'])",
    "self.request": "class V:\n    def get(self):\n        sink(self.request.GET['a'])",
    "lambda-event": "def lambda_handler(event, context):\n    sink(event['a']['b'])",
    "queue": "def f(ch, method, properties, body):\n    sink(body)",
    "tornado": "class H:\n    def get(self):\n        sink(self.get_argument('a'))",
    "argv": "import sys\nsink(sys.argv[1])",
    "argv-slice": "import sys\nfor x in sys.argv[1:]:\n    sink(x)",
    "environ": "import os\nsink(os.environ['A'])",
    "input": "sink(input('a'))",
    "json": "import json\nsink(json.loads(request.get_data())['a'])",
    "checked-only-for-presence": "x = request.args.get('a')\nif not x:\n    raise ValueError\nsink(x)",
    "check-without-exit": "x = request.args['a']\nif x not in ALLOWED:\n    log(x)\nsink(x)",
}

PYTHON_OK = {
    "constant": "sink('a')",
    "before": "sink(x)\nx = request.args['a']",
    "overwritten": "x = request.args['a']\nx = 'a'\nsink(x)",
    "both-branches-overwrite": "x = request.args['a']\nif flag:\n    x = 'a'\nelse:\n    x = 'b'\nsink(x)",
    "int": "sink(int(request.args['a']))",
    "len": "sink(len(request.args['a']))",
    "comparison": "sink(request.args['a'] == 'b')",
    "in": "sink('a' in request.args)",
    "not": "sink(not request.args.get('a'))",
    "predicate": "sink(request.args['a'].startswith('b'))",
    "unknown-function": "sink(find(request.args['a']))",
    "looked-up": "sink(TABLE[request.args['a']])",
    "allow-list-raise": "x = request.args['a']\nif x not in ALLOWED:\n    raise ValueError(x)\nsink(x)",
    "allow-list-abort": "x = request.args['a']\nif x not in ALLOWED:\n    abort(404)\nsink(x)",
    "allow-list-default": "x = request.args['a']\nif x not in ALLOWED:\n    x = 'a'\nsink(x)",
    "allow-list-inside": "x = request.args['a']\nif x in ALLOWED:\n    sink(x)",
    "allow-list-conditional": "x = request.args['a']\nsink(x if x in ALLOWED else 'b')",
    "allow-list-of-expression": "if request.args['a'] in ALLOWED:\n    sink(request.args['a'])",
    "allow-list-by-name": "x = request.args['a']\nok = x in ALLOWED\nif not ok:\n    raise ValueError\nsink(x)",
    "filtered": "sink([x for x in request.args.getlist('a') if x in ALLOWED])",
    "full-match": "x = request.args['a']\nif not re.fullmatch('[a-z]+', x):\n    raise ValueError\nsink(x)",
    "equal": "x = request.args['a']\nif x == 'a':\n    sink(x)",
    "denied": "x = request.args['a']\nif '..' in x:\n    raise ValueError\nsink(x)",
    "below": "p = os.path.join(BASE, request.args['a'])\nif not p.startswith(BASE):\n    abort(404)\nsink(p)",
    "checked-source": "x = request.args['a']\np = 'a' + x\nif x not in ALLOWED:\n    raise ValueError\nsink(p)",
    "typed-parameter": "@app.get('/x')\ndef f(a: int, b: UUID):\n    sink(a)\n    sink(b)",
    "converter": "@app.route('/<int:a>')\ndef f(a):\n    sink(a)",
    "dependency": "@app.get('/x')\ndef f(db=Depends(get_db)):\n    sink(db)",
    "other-event": "def on_click(event, widget):\n    sink(event)",
    "shadowed-request": "request = make()\nsink(request.args)",
    "placeholders": "sink(','.join('?' for _ in request.args.getlist('a')))",
    "user": "def f(request):\n    sink(request.user.name)",
    "other-field": "o = Thing()\no.a = request.args['a']\nsink(o.b)",
    "parameter": "def f(a):\n    sink(a)",
}

OTHERS_BAD = {
    "js-assignment": ("javascript", "app.get('/', (req, res) => { const x = req.query.a; sink(x); });"),
    "js-destructured": ("javascript", "app.get('/', (req, res) => { const { a: b, ...c } = req.body; sink(b); });"),
    "js-destructured-parameter": ("javascript", "app.get('/', ({ query }, res) => { sink(query.a); });"),
    "js-other-names": ("javascript", "app.get('/', (rq, response) => { sink(rq.params.a); });"),
    "js-template": ("javascript", "function f(req, res) { sink(`a ${req.query.a}`); }"),
    "js-augmented": ("javascript", "function f(req, res) { let x = ''; x += req.query.a; sink(x); }"),
    "js-callback": ("javascript", "function f(req, res) { req.body.xs.forEach((x) => { sink(x); }); }"),
    "js-captured": ("javascript", "function f(req, res) { const x = req.query.a; read((e, d) => { sink(x); }); }"),
    "js-returned-by-map": ("javascript", "function f(req, res) { sink(req.body.xs.map((x) => '<' + x).join('')); }"),
    "js-promise": ("javascript", "function f(req, res) { Promise.resolve(req.query.a).then((x) => sink(x)); }"),
    "js-await": ("javascript", "async function f(ctx) { sink(await ctx.request.body); }"),
    "js-search": ("javascript", "const a = new URLSearchParams(window.location.search).get('a');\nsink(a);"),
    "js-local-function": (
        "javascript",
        "const up = (x) => x.toUpperCase();\nfunction f(req, res) { sink(up(req.query.a)); }",
    ),
    "js-lambda": ("javascript", "exports.handler = async (event) => { sink(event.body); };"),
    "js-object": ("javascript", "function f(req, res) { const o = { a: req.query.a }; sink(o.a); }"),
    "js-spread": ("javascript", "function f(req, res) { const o = { ...req.body }; sink(o.a); }"),
    "js-socket": ("javascript", "ws.on('message', (data) => { sink(data); });"),
    "js-switch": (
        "javascript",
        "function f(req, res) { let x; switch (k) { case 1: x = req.query.a; break; } sink(x); }",
    ),
    "ts-typed": ("typescript", "function f(r: Request, x: number) { sink(r.body.a as string); }"),
    "ts-nest": ("typescript", "class C { @Get() f(@Query('a') a: string) { sink(a); } }"),
    "tsx": ("tsx", "const f = (req: Request, res: Response) => { sink(req.query.a!); };"),
    "go-query": (
        "go",
        'package p\nfunc f(w http.ResponseWriter, r *http.Request) { x := r.URL.Query().Get("a"); sink(x) }',
    ),
    "go-other-name": ("go", 'package p\nfunc f(w http.ResponseWriter, rq *http.Request) { sink(rq.FormValue("a")) }'),
    "go-sprintf": ("go", 'package p\nfunc f(r *http.Request) { x := fmt.Sprintf("a %s", r.FormValue("a")); sink(x) }'),
    "go-gin": ("go", 'package p\nfunc f(c *gin.Context) { x, ok := c.GetQuery("a"); sink(x) }'),
    "go-bind": ("go", "package p\nfunc f(c echo.Context) { var x T; c.Bind(&x); sink(x.Name) }"),
    "go-decode": (
        "go",
        "package p\nfunc f(r *http.Request) { var x T; json.NewDecoder(r.Body).Decode(&x); sink(x.Name) }",
    ),
    "go-vars": ("go", 'package p\nfunc f(r *http.Request) { vars := mux.Vars(r); sink(vars["a"]) }'),
    "go-range": ("go", 'package p\nfunc f(r *http.Request) { for _, x := range r.Form["a"] { sink(x) } }'),
    "go-literal": (
        "go",
        'package p\nfunc f() { h(func(w http.ResponseWriter, r *http.Request) { sink(r.FormValue("a")) }) }',
    ),
    "go-args": ("go", "package p\nfunc f() { sink(os.Args[1]) }"),
    "java-servlet": ("java", 'class A { void f(HttpServletRequest q) { String x = q.getParameter("a"); sink(x); } }'),
    "java-spring": ("java", 'class A { @GetMapping("/") void f(@RequestParam String a) { sink("x" + a); } }'),
    "java-builder": (
        "java",
        "class A { void f(HttpServletRequest q) { StringBuilder b = new StringBuilder(); "
        'b.append("a").append(q.getParameter("a")); sink(b.toString()); } }',
    ),
    "java-format": ("java", 'class A { void f(@PathVariable String a) { sink(String.format("x %s", a)); } }'),
    "java-cookies": (
        "java",
        "class A { void f(HttpServletRequest q) { for (Cookie c : q.getCookies()) { sink(c.getValue()); } } }",
    ),
    "java-try": (
        "java",
        'class A { void f(HttpServletRequest q) { try (R r = new StringReader(q.getParameter("a"))) { sink(r); } } }',
    ),
    "java-main": ("java", "class A { public static void main(String[] args) { sink(args[0]); } }"),
    "java-listener": ("java", 'class A { @KafkaListener(topics = "a") void f(String body) { sink(body); } }'),
    "java-lambda": ("java", "class A { void f(@RequestBody List<String> xs) { xs.forEach(x -> sink(x)); } }"),
    "php-get": ("php", "<?php $x = $_GET['a']; sink($x);"),
    "php-text": ("php", "<?php $x = $_POST['a']; sink(\"a {$x} b\");"),
    "php-laravel": ("php", "<?php class C { function f(Request $r) { $x = trim($r->input('a')); sink($x); } }"),
    "php-property": ("php", "<?php class C { function f(Request $r) { $x = 'a' . $r->query('a'); sink($x); } }"),
    "php-foreach": ("php", "<?php foreach ($_GET['a'] as $k => $v) { sink($v); }"),
    "ruby-params": ("ruby", "def show\n  x = params[:a]\n  sink(x)\nend"),
    "ruby-text": ("ruby", 'def show\n  sink("a #{params[:a]}")\nend'),
    "ruby-or": ("ruby", "def show\n  x = params[:a] || 'b'\n  sink(x)\nend"),
    "ruby-block": ("ruby", "def show\n  params[:a].each do |x|\n    sink(x)\n  end\nend"),
    "ruby-permit": ("ruby", "def show\n  x = params.require(:a).permit(:b)\n  sink(x[:b])\nend"),
    "csharp-query": ("csharp", 'class C { void F() { var x = Request.Query["a"]; sink(x); } }'),
    "csharp-parameter": ("csharp", 'class C { [HttpPost] public IActionResult F(string a) { sink($"x {a}"); } }'),
    "csharp-from": ("csharp", "class C { public void F([FromBody] Thing a) { sink(a.Name); } }"),
}

OTHERS_OK = {
    "js-number": ("javascript", "function f(req, res) { sink(Number(req.query.a)); sink(parseInt(req.query.b)); }"),
    "js-early-return": (
        "javascript",
        "function f(req, res) { const x = req.query.a; if (!OK.includes(x)) return; sink(x); }",
    ),
    "js-test": (
        "javascript",
        "function f(req, res) { const x = req.query.a; if (!/^a+$/.test(x)) { throw 1; } sink(x); }",
    ),
    "js-index-of": (
        "javascript",
        "function f(req, res) { const x = req.query.a; if (OK.indexOf(x) === -1) return; sink(x); }",
    ),
    "js-equal": ("javascript", "function f(req, res) { const x = req.query.a; if (x !== 'a') { return; } sink(x); }"),
    "js-ternary": ("javascript", "function f(req, res) { sink(OK.has(req.query.a) ? req.query.a : 'b'); }"),
    "js-typeof": ("javascript", "function f(req, res) { sink(typeof req.query.a); sink(req.query.a.length); }"),
    "js-map-number": ("javascript", "function f(req, res) { sink(req.body.ids.map(Number)); }"),
    "js-other-handler": ("javascript", "xs.reduce((all, one) => { sink(all.query); return all; });"),
    "go-atoi": ("go", 'package p\nfunc f(r *http.Request) { x, _ := strconv.Atoi(r.FormValue("a")); sink(x) }'),
    "go-known": (
        "go",
        'package p\nfunc f(r *http.Request) { x := r.FormValue("a"); if _, ok := m[x]; !ok { return }; sink(x) }',
    ),
    "go-known-apart": (
        "go",
        'package p\nfunc f(r *http.Request) { x := r.FormValue("a")\n_, ok := m[x]\nif !ok { return }\nsink(x) }',
    ),
    "go-client": ("go", 'package p\nfunc f() { r, _ := http.NewRequest("GET", u, nil); sink(r.Header) }'),
    "java-parsed": (
        "java",
        "class A { void f(@RequestParam String a) { sink(Integer.parseInt(a)); sink(a.length()); } }",
    ),
    "java-typed": ("java", "class A { void f(@RequestParam int a, @PathVariable UUID b) { sink(a); sink(b); } }"),
    "java-contains": (
        "java",
        "class A { void f(@RequestParam String a) { if (!OK.contains(a)) { throw new E(); } sink(a); } }",
    ),
    "java-matches": ("java", 'class A { void f(@RequestParam String a) { if (a.matches("[a-z]+")) { sink(a); } } }'),
    "java-equals": ("java", 'class A { void f(@RequestParam String a) { if ("x".equals(a)) { sink(a); } } }'),
    "php-cast": ("php", "<?php $x = (int) $_GET['a']; sink($x); sink(intval($_GET['b'])); sink(isset($_GET['c']));"),
    "php-in-array": ("php", "<?php $x = $_GET['a']; if (!in_array($x, $ok)) { exit; } sink($x);"),
    "ruby-to-i": ("ruby", "def show\n  sink(params[:a].to_i)\nend"),
    "ruby-unless": ("ruby", "def show\n  x = params[:a]\n  return unless OK.include?(x)\n  sink(x)\nend"),
    "ruby-other-params": ("ruby", "def build(params)\n  sink(params[:a])\nend"),
    "csharp-parse": ("csharp", 'class C { void F() { var x = int.Parse(Request.Query["a"]); sink(x); } }'),
    "csharp-service": ("csharp", "class C { [HttpGet] public IActionResult F(IService a) { sink(a); } }"),
}


@pytest.mark.parametrize("text", PYTHON_BAD.values(), ids=PYTHON_BAD)
def test_python_reaches(text: str) -> None:
    assert reached("from flask import request\n" + text, "python")


@pytest.mark.parametrize("text", PYTHON_OK.values(), ids=PYTHON_OK)
def test_python_does_not_reach(text: str) -> None:
    assert reached("from flask import request\n" + text, "python") == []


@pytest.mark.parametrize(("language", "text"), OTHERS_BAD.values(), ids=OTHERS_BAD)
def test_reaches(language: str, text: str) -> None:
    assert reached(text, language)


@pytest.mark.parametrize(("language", "text"), OTHERS_OK.values(), ids=OTHERS_OK)
def test_does_not_reach(language: str, text: str) -> None:
    assert reached(text, language) == []


def test_parameters_where_asked_for() -> None:
    text = "def f(a, b: int, c: str):\n    sink(a)\n    sink(b)\n    sink('x' + c)\n"
    assert reached(text, "python", parameters=True) == ["a", "'x' + c"]


def test_a_part_of_a_parameter_is_another_object() -> None:
    assert reached("def f(a):\n    sink(a.meta.name)\n    sink(a.strip())\n", "python", parameters=True) == [
        "a.strip()"
    ]
