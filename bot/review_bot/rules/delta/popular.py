"""Names of packages that many projects use: those that a slip, or somebody who counts on one, comes close to."""

from __future__ import annotations

from review_bot.rules.delta.tables import bag

PYPI = bag(
    "requests urllib3 numpy pandas boto3 botocore setuptools certifi idna charset-normalizer"
    " python-dateutil six pyyaml pip"
    " packaging typing-extensions cryptography cffi pycparser pyjwt rsa pyasn1 jinja2 markupsafe click attrs colorama"
    " protobuf pytz wheel flask django fastapi uvicorn starlette pydantic sqlalchemy alembic"
    " psycopg psycopg2 psycopg2-binary"
    " pymysql redis celery kombu aiohttp httpx httpcore tornado gunicorn werkzeug itsdangerous blinker scipy matplotlib"
    " scikit-learn tensorflow torch torchvision transformers tokenizers huggingface-hub keras pillow opencv-python"
    " beautifulsoup4 lxml html5lib selenium scrapy paramiko fabric ansible pytest pytest-cov pytest-mock coverage tox"
    " mypy flake8 pylint black isort ruff bandit pre-commit virtualenv poetry twine build rich tqdm loguru"
    " python-dotenv pyopenssl simplejson orjson ujson jsonschema marshmallow docker kubernetes google-auth"
    " google-cloud-storage azure-core openai anthropic langchain nltk spacy gensim networkx sympy jupyter notebook"
    " ipython seaborn plotly streamlit gradio discord telebot websockets websocket-client pika kafka-python"
    " elasticsearch pymongo motor peewee httplib2 oauthlib requests-oauthlib colorlog tabulate pyparsing"
    " tombi pygments docutils sphinx mkdocs cachetools filelock platformdirs distlib pluggy iniconfig tomli"
    " exceptiongroup"
    " anyio sniffio h11 multidict yarl frozenlist aiosignal async-timeout greenlet gevent psutil prompt-toolkit"
    " regex unidecode faker factory-boy freezegun responses moto hypothesis"
)
NPM = bag(
    "react react-dom react-router react-router-dom redux react-redux vue vuex vue-router angular"
    " svelte next nuxt express"
    " koa fastify hapi lodash underscore ramda axios node-fetch request superagent cross-fetch"
    " cross-env chalk commander"
    " yargs minimist inquirer debug dotenv uuid moment dayjs date-fns luxon async bluebird rxjs"
    " webpack webpack-cli rollup"
    " vite esbuild parcel babel-core babel-loader typescript ts-node eslint prettier jest mocha chai sinon cypress"
    " playwright puppeteer jsdom cheerio body-parser cookie-parser cors helmet morgan passport jsonwebtoken bcrypt"
    " bcryptjs mongoose mongodb sequelize typeorm prisma knex mysql mysql2 redis ioredis socket.io ws graphql"
    " apollo-server nodemailer multer sharp winston pino bunyan semver glob rimraf mkdirp fs-extra chokidar nodemon"
    " concurrently husky lint-staged classnames styled-components tailwindcss bootstrap jquery three d3 chart.js"
    " electron discord.js zod joi yup validator ajv immer zustand mobx formik through2 event-stream colors faker"
    " left-pad node-sass sass postcss autoprefixer core-js regenerator-runtime tslib web3 ethers handlebars ejs pug"
    " marked highlight.js crypto-js qs query-string form-data mime nanoid"
)
