"""The phrases by which replies accept or reject a finding: a regular expression a line, in lower case."""

from __future__ import annotations

ACCEPT = r"""
(?:good|nice|great|excellent|awesome|super|fine|solid)(?:ly)? (?:catch|find|finding|spot|point|call|idea|one|eye|advice|suggestion)
(?:well|nicely) (?:spotted|caught|seen)
spot on
(?:fair|valid|legit\w*|real|actual|genuine|true) (?:point|bug|issue|problem|finding|concern|defect|error|mistake|vulnerability|enough)
legit(?:imate)?
valid
(?:you(?:'re| are| were)?|bot(?:'s| is)?|it(?:'s| is)?|that(?:'s| is)?|this is|tool is|comment is) (?:\w+ly )?(?:right|correct)(?! now)
^(?:right|correct|true|exactly|absolutely|indeed|confirmed|agreed|yep|yup|yes|yeah|ack|acknowledged|touch[eé]|guilty|sure|ouch|oops|whoops|valid|useful|helpful)\b
^(?:ah|oh|hm+|ok|okay|well),? (?:yes|right|true|indeed)\b
can confirm
\bi(?: (?:totally|fully|completely))? agree
^(?:totally |fully |completely |strongly )?agree\b
makes (?:total |perfect )?sense
my (?:bad|mistake|fault|error)
stand corrected
\b(?:i|we|totally|completely|just|clearly|had) (?:missed|overlooked|forgot|forget)
^(?:missed|overlooked|forgot)\b
(?:thanks|thank you|thx|ty|cheers|ta)(?: a lot| so much| very much)?,? for (?:the )?(?:catch\w*|spotting|pointing|noticing|finding|flagging|noting)
(?:very|really|quite|super|so|was|is|indeed) (?:useful|helpful)
useful (?:finding|comment|hint|warning)
^(?:fixed|done|addressed|resolved|applied|updated|corrected|changed|removed|handled|patched|committed|accepted|replaced|rewrote|rewritten|refactored|reverted|dropped|closed|renamed|moved|switched|bumped|adjusted|amended|improved|simplified|extracted|cleaned|swapped|wrapped|used your|took your|added(?! a (?:ticket|card|todo|note|label|comment to)))\b
\b(?:it|this|that|now|just|i|we|i've|we've|i have|we have|all|both|is|has been|have been|been|was|got|and|ok|but|anyway|bug|okay|yep|yes|oops|mistake|bad|guilty|ouch|me)[,.:]? (?:now )?(?:fixed|done|addressed|resolved|applied|updated|corrected|changed|removed|handled|patched|replaced|rewrote|added(?! a (?:ticket|card|todo|note|label|comment to)))\b
\bfixing (?:it|this|that|now)\b|^fixing\b|^changing\b|ack, changing
(?:will|'ll|gonna|going to|let me) (?:fix|do\b|address|change|update|correct|remove|handle|rework|add|replace|take care|rewrite|refactor|adjust|move|rename|close|patch|apply)
^on it\b
(?:this|that|it|definitely|clearly|indeed)(?:'s| is| was)? an? (?:\w+ )?(?:bug|leftover|mistake|typo|regression|real (?:bug|issue|problem))
would have (?:broken|crashed|failed|leaked|bitten)
(?:^|\s)\+1\b
:\+1:|:thumbsup:|:tada:|:white_check_mark:|👍|✅|🎉|💯
took (?:your|the) (?:suggestion|advice|fix)
(?:applied|accepted|committed|used) (?:your|the) (?:suggestion|fix|patch|proposal)
as (?:suggested|proposed|you say)
leftover
definitely|certainly
(?:pushed|made|added|wrote|committed) (?:a|the|another) (?:fix|test|check|guard|patch)|fix (?:is )?(?:pushed|in|committed|up)\b
good (?:job|bot|work)
(?:saved|helped) (?:us|me)\b
true positive
^damn\b
(?:this|that) (?:really|actually) happens|one matters
^no objection
(?:never|hadn't|had not) (?:noticed|seen) (?:this|that|it)
is a (?:real )?bug
we forget\b|we forgot\b
don't know how (?:that|this|it) slipped
""".strip().split("\n")

REJECT = r"""
false[- ]positives?
false[- ]alarms?
\bfps?\b
non-?issue
\bn/?a\b
won'?t ?fix|wontfix
(?:will not|won't|not going to|not gonna|wouldn't|would not|refuse to) (?:be )?(?:fix|chang|do\b|touch|address|bother)
not fixing|not changing
by design|as designed
works? as (?:intended|designed|expected)
intention\w*|intended|on purpose|deliberate(?:ly)?|purposeful\w*
expected(?: behaviou?r)?\b
irrelevant|unrelated|off[- ]topic|out of scope|inapplicable
unnecessary|overkill|over-?engineer\w*|pedantic
nit-?pick\w*
noise|noisy|spam\w*
useless|unhelpful|pointless|worthless
\bwrong(?:ly)?\b|incorrect(?:ly)?|mistaken|inaccurate
nonsense|bogus|rubbish|garbage|silly|ridiculous|absurd
^(?:nope|no|nah|negative|disagree\w*)\b(?!:)
\bdisagree
(?:can'?t|cannot|can not|could never|never|won't|will never|doesn't|does not) (?:ever |really |actually )?(?:happen|occur|be (?:empty|null|none|nil|zero|reached))s?
never happens
impossible
already (?:been )?(?:handled?|check\w*|validat\w*|saniti[sz]\w*|escap\w*|cover\w*|guard\w*|done elsewhere|there)
(?:we|caller|it) already \w+
(?:this|it|that|is|'s|here it|perfectly|totally|completely) (?:is |'s )?(?:perfectly |totally |completely |quite |just )?(?:safe|fine|ok|okay|harmless)\b
^(?:harmless|perfectly fine|safe)\b
it's (?:fine|ok|okay|safe|harmless)
(?:leave|leaving|keep|keeping) (?:it|this|that|the|as)
\bas (?:it )?is\b
ignor(?:e|ing)\b
dismiss\w*
we know\b
supposed to (?:be|work|happen)|meant to (?:be|work)
acceptable|accepte?d? (?:the |this |that )?(?:risk|limitation)|known (?:limitation|issue|risk)|and accept it
(?:please )?stop (?:flagging|commenting|reporting|posting|complaining|this|it)
(?:it|bot|this|tool|you|that) (?:\w+ )?mis(?:read|underst|interpret)\w*
hallucinat\w*
(?:only|just) (?:a |some |for |in )?tests?\b|test (?:code|data|fixture)s?|(?:is|in) a test\b
dummy|example (?:key|value|data|only)|placeholder|fixture
generated (?:code|file)|vendored|third[- ]party code|not ours|not our code
:-1:|:thumbsdown:|👎|❌
(?:^|\s)-1\b
bad (?:advice|suggestion|idea|fix|comment)
suggestion is (?:worse|bad)|(?:is|makes it) worse
would (?:break|deadlock|crash|not work|make it worse)
breaks? the (?:api|build|tests?)|breaks everything
(?:no (?:\w+ )?(?:change|fix|action|need|bug|issue|problem|harm|reason to change)s?\b|nothing to (?:fix|do|change|see))
(?:check|guard|test|handling) (?:exists|is (?:above|below|done|there))|two lines above
(?:makes?|making) no sense
(?:don't|do not|doesn't|can't) see (?:a|the|any|an|how|why) ?(?:problem|issue|bug|this)?
""".strip().split("\n")
